// docker's flag grammar, which is the pflag library's; expected texts as pflag 1.0 prints them.
#include "cli/flag_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Words = std::vector<std::string>;

struct Values {
  bool all = false;
  bool quiet = false;
  bool interactive = false;
  bool tty = false;
  std::string format;
  std::string name = "unnamed";
  std::optional<std::string> entrypoint;
  Words env;
  int level = 0;
};

FlagSet declare(Values& values) {
  FlagSet flags;
  flags.toggle(values.all, "all", 'a', "Show all");
  flags.toggle(values.quiet, "quiet", 'q', "Only IDs");
  flags.toggle(values.interactive, "interactive", 'i', "Keep STDIN open");
  flags.toggle(values.tty, "tty", 't', "Allocate a pseudo-TTY");
  flags.text(values.format, "format", 'f', "string", "Format");
  flags.text(values.name, "name", '\0', "string", "Name");
  flags.text(values.entrypoint, "entrypoint", '\0', "string", "Entrypoint");
  flags.list(values.env, "env", 'e', "list", "Environment");
  flags.add({"level", 'l', "int", "Level", "", [&values](std::string_view text) {
               if (text != "1" && text != "2") {
                 throw Error(Code::invalid_argument, "must be 1 or 2");
               }
               values.level = text == "1" ? 1 : 2;
             }});
  return flags;
}

// The outcome of a parse: the values, and the words that are no flags.
struct Parsed {
  Values values;
  Words rest;
};

Parsed parse(const Words& words, Interspersed interspersed = Interspersed::yes) {
  Parsed parsed;
  parsed.rest = declare(parsed.values).parse(words, interspersed);
  return parsed;
}

std::string error_of(const Words& words, Interspersed interspersed = Interspersed::yes) {
  try {
    parse(words, interspersed);
  } catch (const UsageError& error) {
    EXPECT_EQ(error.exit_status, 125);
    return error.message;
  }
  return "no error";
}

TEST(FlagSet, NothingSetsNothing) {
  const auto parsed = parse({});
  EXPECT_THAT(parsed.rest, IsEmpty());
  EXPECT_FALSE(parsed.values.all);
  EXPECT_EQ(parsed.values.name, "unnamed");
  EXPECT_EQ(parsed.values.entrypoint, std::nullopt);
}

TEST(FlagSet, AValueStandsInTheNextWordOrBehindAnEqualsSign) {
  for (const Words& words :
       {Words{"--format", "x"}, Words{"--format=x"}, Words{"-f", "x"}, Words{"-f=x"}, Words{"-fx"}}) {
    EXPECT_EQ(parse(words).values.format, "x") << testing::PrintToString(words);
    EXPECT_THAT(parse(words).rest, IsEmpty());
  }
  EXPECT_EQ(parse({"--format=a=b"}).values.format, "a=b");
  EXPECT_EQ(parse({"-f=a=b"}).values.format, "a=b");
  EXPECT_EQ(parse({"-eA=b"}).values.env, Words{"A=b"});
}

TEST(FlagSet, AValueMayBeEmptyOrLookLikeAFlag) {
  EXPECT_EQ(parse({"--name="}).values.name, "");
  EXPECT_EQ(parse({"--name", ""}).values.name, "");
  EXPECT_EQ(parse({"--name", "-x"}).values.name, "-x");
  EXPECT_EQ(parse({"--name", "--all"}).values.name, "--all");
  EXPECT_EQ(parse({"--name", "--"}).values.name, "--");
  EXPECT_EQ(parse({"-f", "-q"}).values.format, "-q");
  EXPECT_EQ(parse({"-f-1"}).values.format, "-1");
  EXPECT_EQ(parse({"-f="}).values.format, "=");  // too short to be a separator: pflag's rule
  EXPECT_EQ(parse({"--entrypoint", ""}).values.entrypoint, "");
}

TEST(FlagSet, TheLastValueCountsAndListsGrow) {
  EXPECT_EQ(parse({"--name=a", "--name", "b"}).values.name, "b");
  EXPECT_FALSE(parse({"-q", "--quiet=false"}).values.quiet);
  EXPECT_THAT(parse({"-e", "A=1", "-eB", "--env=C=2,3", "--env", ""}).values.env, ElementsAre("A=1", "B", "C=2,3", ""));
}

TEST(FlagSet, ShorthandsMayBeBundled) {
  const auto it = parse({"-it"});
  EXPECT_TRUE(it.values.interactive && it.values.tty);
  for (const Words& words : {Words{"-iteFOO=bar"}, Words{"-ite", "FOO=bar"}, Words{"-ite=FOO=bar"}}) {
    const auto parsed = parse(words);
    EXPECT_TRUE(parsed.values.interactive && parsed.values.tty) << testing::PrintToString(words);
    EXPECT_THAT(parsed.values.env, ElementsAre("FOO=bar"));
  }
  // What follows a flag with a value is the value, even if it could be flags.
  EXPECT_EQ(parse({"-fqa"}).values.format, "qa");
  EXPECT_FALSE(parse({"-fqa"}).values.quiet);
}

TEST(FlagSet, ASwitchTakesItsValueOnlyBehindAnEqualsSign) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    EXPECT_TRUE(parse({std::string("--all=") + yes}).values.all) << yes;
    EXPECT_TRUE(parse({std::string("-a=") + yes}).values.all) << yes;
  }
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) {
    EXPECT_FALSE(parse({"-a", std::string("--all=") + no}).values.all) << no;
    EXPECT_FALSE(parse({"-a", std::string("-qa=") + no}).values.all) << no;
  }
  const auto parsed = parse({"--all", "false"});
  EXPECT_TRUE(parsed.values.all);
  EXPECT_THAT(parsed.rest, ElementsAre("false"));
}

TEST(FlagSet, WordsAndFlagsMix) {
  const auto parsed = parse({"one", "-q", "-", "two", "--name", "x", "three"});
  EXPECT_THAT(parsed.rest, ElementsAre("one", "-", "two", "three"));
  EXPECT_TRUE(parsed.values.quiet);
  EXPECT_EQ(parsed.values.name, "x");
}

TEST(FlagSet, TwoDashesEndTheFlags) {
  const auto parsed = parse({"-q", "--", "-a", "--nonsense", "--"});
  EXPECT_TRUE(parsed.values.quiet);
  EXPECT_FALSE(parsed.values.all);
  EXPECT_THAT(parsed.rest, ElementsAre("-a", "--nonsense", "--"));
}

// run IMAGE COMMAND: what follows the image is the command's.
TEST(FlagSet, TheFirstWordMayEndTheFlags) {
  const auto parsed = parse({"-it", "image", "sh", "-q", "--nonsense", "--", "x"}, Interspersed::no);
  EXPECT_TRUE(parsed.values.tty);
  EXPECT_FALSE(parsed.values.quiet);
  EXPECT_THAT(parsed.rest, ElementsAre("image", "sh", "-q", "--nonsense", "--", "x"));
  EXPECT_THAT(parse({"-q", "--", "-image"}, Interspersed::no).rest, ElementsAre("-image"));
  EXPECT_THAT(parse({"-", "-q"}, Interspersed::no).rest, ElementsAre("-", "-q"));
  // A value is no first word.
  EXPECT_THAT(parse({"--name", "n", "-e", "A", "image"}, Interspersed::no).rest, ElementsAre("image"));
}

TEST(FlagSet, UnknownFlagsAreNamed) {
  EXPECT_EQ(error_of({"--nonsense"}), "unknown flag: --nonsense");
  EXPECT_EQ(error_of({"--nonsense=1"}), "unknown flag: --nonsense");
  EXPECT_EQ(error_of({"--al"}), "unknown flag: --al");  // no abbreviations
  EXPECT_EQ(error_of({"--a"}), "unknown flag: --a");
  EXPECT_EQ(error_of({"--All"}), "unknown flag: --All");
  EXPECT_EQ(error_of({"-x"}), "unknown shorthand flag: 'x' in -x");
  EXPECT_EQ(error_of({"-qxa"}), "unknown shorthand flag: 'x' in -xa");
  EXPECT_EQ(error_of({"-name"}), "unknown shorthand flag: 'n' in -name");  // one dash: a bundle
}

TEST(FlagSet, BadSyntaxIsNamed) {
  EXPECT_EQ(error_of({"---all"}), "bad flag syntax: ---all");
  EXPECT_EQ(error_of({"--=x"}), "bad flag syntax: --=x");
  EXPECT_EQ(error_of({"-a="}), "unknown shorthand flag: '=' in -=");
}

TEST(FlagSet, MissingValuesAreNamed) {
  EXPECT_EQ(error_of({"--name"}), "flag needs an argument: --name");
  EXPECT_EQ(error_of({"-f"}), "flag needs an argument: 'f' in -f");
  EXPECT_EQ(error_of({"-qf"}), "flag needs an argument: 'f' in -f");
  EXPECT_EQ(error_of({"image", "-e"}), "flag needs an argument: 'e' in -e");
}

TEST(FlagSet, WrongValuesAreNamedWithTheirFlag) {
  EXPECT_EQ(error_of({"--all=maybe"}),
            "invalid argument \"maybe\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax");
  EXPECT_EQ(error_of({"--all="}),
            "invalid argument \"\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"\": invalid syntax");
  EXPECT_EQ(error_of({"-l3"}), "invalid argument \"3\" for \"-l, --level\" flag: must be 1 or 2");
  EXPECT_EQ(parse({"-l2"}).values.level, 2);

  FlagSet flags;
  flags.add({"size", '\0', "bytes", "Size", "", [](std::string_view) { throw Error(Code::invalid_argument, "no"); }});
  try {
    flags.parse({"--size", "x"}, Interspersed::yes);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(error.message, "invalid argument \"x\" for \"--size\" flag: no");
  }
}

TEST(FlagSet, NothingIsSetBehindAnError) {
  Values values;
  const auto flags = declare(values);
  EXPECT_THROW(flags.parse({"-q", "--nonsense", "-a"}, Interspersed::yes), UsageError);
  EXPECT_FALSE(values.all);
}

TEST(FlagSet, FlagsAreShownInTheOrderOfTheirNamesWithTheirDefaults) {
  Values values;
  const auto flags = declare(values);
  Words names;
  for (const auto& flag : flags.flags()) {
    names.push_back(flag.name);
    EXPECT_EQ(flag.default_value, flag.name == "name" ? "\"unnamed\"" : "") << flag.name;
  }
  EXPECT_THAT(names, ElementsAre("all", "entrypoint", "env", "format", "interactive", "level", "name", "quiet", "tty"));
}

}  // namespace
}  // namespace nacre::cli
