// The Go types behind docker's JSON. A template sees more than JSON says: a label map that is null still indexes as an
// empty one, an absent "OnBuild" prints as [], a field that the type lacks is an error. A Shape carries that knowledge.
#pragma once

#include <span>
#include <string_view>

namespace nacre::cli {

// Immutable and shared: shapes point at each other, so they live in static storage or in one owner beside their fields.
struct Shape {
  enum class Kind { any, text, boolean, integer, list, map, structure, pointer };

  struct Field {
    std::string_view name;  // Go's, what a template writes: "ID"
    std::string_view key;   // JSON's: "Id"
    const Shape* shape;
  };

  Kind kind = Kind::any;
  std::string_view type_name = "interface {}";  // as Go's messages spell it
  const Shape* element = nullptr;               // of a list, a map or a pointer
  std::span<const Field> fields = {};           // of a structure, in printing order
};

namespace shapes {

inline constexpr Shape any{};
inline constexpr Shape text{Shape::Kind::text, "string"};
inline constexpr Shape boolean{Shape::Kind::boolean, "bool"};
inline constexpr Shape integer{Shape::Kind::integer, "int64"};
inline constexpr Shape empty{Shape::Kind::structure, "struct {}"};
inline constexpr Shape text_list{Shape::Kind::list, "[]string", &text};
inline constexpr Shape text_map{Shape::Kind::map, "map[string]string", &text};
inline constexpr Shape set{Shape::Kind::map, "map[string]struct {}", &empty};

}  // namespace shapes
}  // namespace nacre::cli
