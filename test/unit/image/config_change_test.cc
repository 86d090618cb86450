#include "image/config_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;
using Words = std::vector<std::string>;

oci::ContainerDefaults change(Words changes, oci::ContainerDefaults defaults = {}) {
  return apply_changes(std::move(defaults), changes);
}

std::string failure(const Words& changes) {
  try {
    apply_changes({}, changes);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    return error.message();
  }
  return "no error";
}

TEST(ConfigChange, NoChangesLeaveTheConfigAlone) {
  oci::ContainerDefaults defaults;
  defaults.user = "me";
  EXPECT_EQ(change({}, defaults), defaults);
  EXPECT_EQ(change({"", "# a comment", "  \n\n"}, defaults), defaults);
}

TEST(ConfigChange, CommandsInJsonAndShellForm) {
  EXPECT_THAT(change({R"(CMD ["a", "b c"])"}).cmd, Optional(ElementsAre("a", "b c")));
  EXPECT_THAT(change({R"(CMD echo "$HOME"  x)"}).cmd, Optional(ElementsAre("/bin/sh", "-c", R"(echo "$HOME"  x)")));
  EXPECT_THAT(change({"cmd []"}).cmd, Optional(IsEmpty()));
  EXPECT_THAT(change({"CMD [ -f x ] && y"}).cmd, Optional(ElementsAre("/bin/sh", "-c", "[ -f x ] && y")));
  EXPECT_THAT(change({"ENTRYPOINT /run me"}).entrypoint, Optional(ElementsAre("/bin/sh", "-c", "/run me")));
  EXPECT_EQ(change({R"(ENTRYPOINT [])"}).entrypoint, std::nullopt);
}

TEST(ConfigChange, TheShellOfTheImageRunsTheShellForm) {
  oci::ContainerDefaults defaults;
  defaults.shell = Words{"/bin/bash", "-ec"};
  EXPECT_THAT(change({"CMD x"}, defaults).cmd, Optional(ElementsAre("/bin/bash", "-ec", "x")));
}

TEST(ConfigChange, AnEntryPointDropsTheCommandThatWasThereBefore) {
  oci::ContainerDefaults defaults;
  defaults.cmd = Words{"old"};
  EXPECT_EQ(change({R"(ENTRYPOINT ["e"])"}, defaults).cmd, std::nullopt);
  EXPECT_THAT(change({R"(CMD ["new"])", R"(ENTRYPOINT ["e"])"}, defaults).cmd, Optional(ElementsAre("new")));
}

TEST(ConfigChange, EnvironmentInBothForms) {
  EXPECT_THAT(change({R"(ENV A=1 B="two words" C=a\ b D='$A' E="q\"q")"}).env,
              ElementsAre("A=1", "B=two words", "C=a b", "D=$A", "E=q\"q"));
  EXPECT_THAT(change({"ENV name  a value with  spaces"}).env, ElementsAre("name=a value with  spaces"));
  EXPECT_THAT(change({"ENV A="}).env, ElementsAre("A="));
}

TEST(ConfigChange, EnvironmentIsReplacedInPlaceAndSeenByWhatFollows) {
  oci::ContainerDefaults defaults;
  defaults.env = {"PATH=/bin", "X=1"};
  EXPECT_THAT(change({"ENV PATH=/opt:$PATH Y=${X}2", "ENV X=$Y$Y"}, defaults).env,
              ElementsAre("PATH=/opt:/bin", "X=1212", "Y=12"));
  // All pairs of one instruction see the environment before it.
  EXPECT_THAT(change({"ENV A=new B=$A"}).env, ElementsAre("A=new", "B="));
}

TEST(ConfigChange, Substitution) {
  const Words env{"ENV SET=v EMPTY="};
  const auto value = [&](const std::string& word) { return change({env[0], "USER " + word}).user; };
  EXPECT_EQ(value("${SET:-d}${NONE:-d}${EMPTY:-d}"), "vdd");
  EXPECT_EQ(value("${SET-d}${NONE-d}${EMPTY-d}"), "vd");
  EXPECT_EQ(value("a${SET:+x}${NONE:+x}${EMPTY:+x}b"), "axb");
  EXPECT_EQ(value("a${EMPTY+x}"), "ax");
  EXPECT_EQ(value("${NONE:-${SET:-q}r}"), "vr");
  EXPECT_EQ(value(R"(\$SET '$SET' "$SET" $)"), "$SET $SET v $");
  EXPECT_EQ(failure({"USER ${NONE:?must be there}"}), "NONE: must be there");
  EXPECT_EQ(failure({"USER ${NONE?}"}), "NONE: is not allowed to be unset");
  EXPECT_EQ(failure({"ENV E=", "USER ${E:?}"}), "E: is not allowed to be empty");
  EXPECT_EQ(failure({"USER ${NONE"}), "syntax error: missing '}'");
  EXPECT_EQ(failure({"USER ${NONE:-x"}), "syntax error: missing '}'");
  EXPECT_EQ(failure({"USER ${}"}), "syntax error: bad substitution");
  EXPECT_EQ(failure({"USER ${A~b}"}), "unsupported modifier (~) in substitution");
  EXPECT_EQ(failure({"USER 'a"}), "unexpected end of statement while looking for matching single-quote");
  EXPECT_EQ(failure({"USER \"a"}), "unexpected end of statement while looking for matching double-quote");
}

TEST(ConfigChange, DeepSubstitutionIsRefused) {
  std::string word = "x";
  for (int i = 0; i < 5000; ++i) {
    word = "${A:-" + word + "}";
  }
  EXPECT_EQ(failure({"USER " + word}), "syntax error: missing '}'");
}

TEST(ConfigChange, Labels) {
  EXPECT_THAT(change({R"(LABEL a=1 "b c"="d e" f.g=)", "LABEL a=2", "LABEL old style"}).labels,
              ElementsAre(Pair("a", "2"), Pair("b c", "d e"), Pair("f.g", ""), Pair("old", "style")));
}

TEST(ConfigChange, PortsAreExpandedSortedAndUnique) {
  EXPECT_THAT(change({"EXPOSE 80 53/udp 8000-8002 80/TCP", "EXPOSE 53/udp"}).exposed_ports,
              ElementsAre("53/udp", "80/tcp", "8000/tcp", "8001/tcp", "8002/tcp"));
  EXPECT_THAT(change({"ENV P='443 22/tcp'", "EXPOSE $P"}).exposed_ports, ElementsAre("22/tcp", "443/tcp"));
  EXPECT_THAT(change({"EXPOSE 127.0.0.1:80:8080 [::1]:9-10:90-91/sctp"}).exposed_ports,
              ElementsAre("8080/tcp", "90/sctp", "91/sctp"));
  EXPECT_EQ(change({"EXPOSE 0-65535"}).exposed_ports.size(), 65536U);
  EXPECT_EQ(failure({"EXPOSE x"}), "invalid containerPort: x");
  EXPECT_EQ(failure({"EXPOSE 70000"}), "invalid containerPort: 70000");
  EXPECT_EQ(failure({"EXPOSE 9-8"}), "invalid containerPort: 9-8");
  EXPECT_EQ(failure({"EXPOSE 80/icmp"}), "invalid proto: icmp");
  EXPECT_EQ(failure({"EXPOSE /tcp"}), "no port specified: /tcp<empty>");
  EXPECT_EQ(failure({"EXPOSE a:80"}), "invalid hostPort: a");
  EXPECT_EQ(failure({"EXPOSE 300.0.0.1:1:80"}), "invalid IP address: 300.0.0.1");
  EXPECT_EQ(failure({"EXPOSE 1-3:80-81"}), "invalid ranges specified for container and host Ports: 80-81 and 1-3");
}

TEST(ConfigChange, Volumes) {
  EXPECT_THAT(change({R"(VOLUME ["/z", "/a b"])", "VOLUME /d /c $X/e"}).volumes,
              ElementsAre("/a b", "/c", "/d", "/e", "/z"));
  EXPECT_EQ(failure({R"(VOLUME [""])"}), "VOLUME specified can not be an empty string");
}

TEST(ConfigChange, WorkingDirectoriesAddUp) {
  EXPECT_EQ(change({"WORKDIR /a", "WORKDIR b/", "WORKDIR ../c"}).working_dir, "/a/c");
  EXPECT_EQ(change({"WORKDIR x"}).working_dir, "/x");
  EXPECT_EQ(change({"WORKDIR ../.."}).working_dir, "/");
  EXPECT_EQ(change({"WORKDIR /as/it//is/"}).working_dir, "/as/it//is/");
  EXPECT_EQ(failure({"WORKDIR $NONE"}), "cannot normalize nothing");
}

TEST(ConfigChange, UserAndStopSignal) {
  EXPECT_EQ(change({"USER a:b"}).user, "a:b");
  for (const std::string signal : {"SIGTERM", "term", "9", "SIGRTMIN+3", "RTMAX-1", "SIGUSR1", "IOT"}) {
    EXPECT_EQ(change({"STOPSIGNAL " + signal}).stop_signal, signal);
  }
  for (const std::string signal : {"0", "65", "SIGNOPE", "RTMIN+99", "-1"}) {
    EXPECT_EQ(failure({"STOPSIGNAL " + signal}), "invalid signal: " + signal);
  }
}

TEST(ConfigChange, Healthcheck) {
  const auto health = change({"HEALTHCHECK --interval=5m --timeout=3s --start-period=1s --retries=4 CMD curl -f x"})
                          .healthcheck.value();
  EXPECT_THAT(health.test, ElementsAre("CMD-SHELL", "curl -f x"));
  EXPECT_EQ(health.interval, 300'000'000'000);
  EXPECT_EQ(health.timeout, 3'000'000'000);
  EXPECT_EQ(health.start_period, 1'000'000'000);
  EXPECT_EQ(health.retries, 4);
  EXPECT_THAT(change({R"(HEALTHCHECK CMD ["a", "b"])"}).healthcheck->test, ElementsAre("CMD", "a", "b"));
  EXPECT_THAT(change({"HEALTHCHECK none"}).healthcheck->test, ElementsAre("NONE"));
  EXPECT_EQ(failure({"HEALTHCHECK NONE x"}), "HEALTHCHECK NONE takes no arguments");
  EXPECT_EQ(failure({"HEALTHCHECK curl"}), R"(Unknown type "CURL" in HEALTHCHECK (try CMD))");
  EXPECT_EQ(failure({"HEALTHCHECK CMD"}), "Missing command after HEALTHCHECK CMD");
  EXPECT_EQ(failure({"HEALTHCHECK --timeout=1us CMD x"}), R"(Interval "timeout" cannot be less than 1ms)");
  EXPECT_EQ(failure({"HEALTHCHECK --retries=-1 CMD x"}), "--retries cannot be negative (-1)");
  EXPECT_EQ(failure({"HEALTHCHECK --often CMD x"}), "unknown flag: --often");
}

TEST(ConfigChange, Triggers) {
  EXPECT_THAT(change({"ONBUILD RUN  a  b", "onbuild COPY --from=x / /"}).on_build,
              ElementsAre("RUN  a  b", "COPY --from=x / /"));
  EXPECT_EQ(failure({"ONBUILD onbuild RUN x"}), "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  EXPECT_EQ(failure({"ONBUILD from x"}), "FROM isn't allowed as an ONBUILD trigger");
}

TEST(ConfigChange, LinesAreJoinedAsInADockerfile) {
  EXPECT_THAT(change({"ENV A=1 \\\n  # not this\n\n  B=2\nUSER me", "LABEL x=\\", "y"}).env, ElementsAre("A=1", "B=2"));
  EXPECT_THAT(change({"LABEL x=\\", "y"}).labels, ElementsAre(Pair("x", "y")));
  EXPECT_THAT(change({R"(ENV A=b\\)"}).env, ElementsAre(R"(A=b\)"));
}

TEST(ConfigChange, WhatIsNoChangeIsRefused) {
  EXPECT_EQ(failure({"FROM scratch"}), "FROM is not a valid change command");
  EXPECT_EQ(failure({"run x"}), "run is not a valid change command");
  EXPECT_EQ(failure({"SHELL [\"x\"]"}), "SHELL is not a valid change command");
  EXPECT_EQ(failure({"\x1b[31m x"}), R"(\x1b[31m is not a valid change command)");
  for (const std::string command :
       {"CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "VOLUME"}) {
    EXPECT_EQ(failure({command}), command + " requires at least one argument");
  }
  for (const std::string command : {"USER", "WORKDIR", "STOPSIGNAL"}) {
    EXPECT_EQ(failure({command}), command + " requires exactly one argument");
  }
  EXPECT_EQ(failure({"ENV A"}), "ENV must have two arguments");
  EXPECT_EQ(failure({"ENV A=1 B"}), "Syntax error - can't find = in \"B\". Must be of the form: name=value");
  EXPECT_EQ(failure({"ENV =1"}), "ENV names can not be blank");
  EXPECT_EQ(failure({"CMD --x y"}), "unknown flag: --x");
  EXPECT_EQ(failure({"CMD [1]"}), "when using JSON array syntax, arrays must be comprised of strings only");
}

}  // namespace
}  // namespace nacre::image
