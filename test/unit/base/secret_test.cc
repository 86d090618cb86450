#include "base/secret.h"

#include <array>
#include <memory>
#include <ostream>
#include <type_traits>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace nacre {
namespace {

template <class Type>
concept Printable = requires(std::ostream& out, const Type& value) { out << value; };

static_assert(Printable<std::string>);
static_assert(!Printable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);

const std::string short_text = "hunter2";              // in the object itself
const std::string long_text = std::string(1000, 'x');  // on the heap

TEST(Secret, ComesBackOnlyWhenRevealed) {
  for (const auto& text : {std::string(), short_text, long_text}) {
    const Secret secret(text);
    EXPECT_EQ(secret.reveal(), text);
    EXPECT_EQ(secret.empty(), text.empty());
    EXPECT_EQ(secret, Secret(text));
    EXPECT_FALSE(secret == Secret(text + "x"));
  }
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, CopiesAreTheirOwn) {
  for (const auto& text : {short_text, long_text}) {
    Secret copy;
    {
      const Secret secret(text);
      copy = secret;
      copy = *&copy;
    }
    EXPECT_EQ(copy.reveal(), text);
    const Secret another(copy);
    copy = Secret();
    EXPECT_EQ(another.reveal(), text);
  }
}

TEST(Secret, WhatIsMovedFromIsEmpty) {
  for (const auto& text : {short_text, long_text}) {
    Secret first(text);
    Secret second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what is left behind is the question
    Secret third("something before it");
    third = std::move(second);
    EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(third.reveal(), text);
  }
}

// The bytes of an object whose life is over; where the text is short they held it.
class Remains {
 public:
  template <class... Arguments>
  Secret& make(Arguments&&... arguments) {
    return *std::construct_at(reinterpret_cast<Secret*>(bytes_.data()), std::forward<Arguments>(arguments)...);
  }
  bool hold(std::string_view text) const {
    return std::string_view(bytes_.data(), bytes_.size()).find(text) != std::string_view::npos;
  }

 private:
  alignas(Secret) std::array<char, sizeof(Secret)> bytes_{};
};

TEST(Secret, NothingOfItStaysInMemory) {
  Remains destroyed;
  Secret& secret = destroyed.make(short_text);
  ASSERT_TRUE(destroyed.hold(short_text));  // or else this test sees nothing
  std::destroy_at(&secret);
  EXPECT_FALSE(destroyed.hold(short_text));

  Remains moved_from;
  Secret& source = moved_from.make(short_text);
  const Secret target(std::move(source));
  EXPECT_FALSE(moved_from.hold("unter2"));  // a string's own move clears the first byte
  std::destroy_at(&source);                 // NOLINT(bugprone-use-after-move)

  Remains overwritten;
  Secret& shorter = overwritten.make(short_text);
  shorter = Secret("a");
  EXPECT_FALSE(overwritten.hold("unter2"));
  std::destroy_at(&shorter);
}

}  // namespace
}  // namespace nacre
