// JSON text as Go's encoding/json writes it, so that what we write can be compared byte for byte with docker's.
#include <charconv>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/json.h"
#include "oci/utf8.h"

namespace nacre::oci {
namespace {

class GoWriter {
 public:
  // indent: spaces a level; 0 for compact text.
  GoWriter(int indent, GoHtml html) : indent_(static_cast<std::size_t>(indent)), html_(html) {}

  // Recursive: the values are our own, or came through parse_json, which bounds their depth.
  void write(const OrderedJson& value) {
    using Type = OrderedJson::value_t;
    switch (value.type()) {
      case Type::null:
        out_ += "null";
        return;
      case Type::boolean:
        out_ += value.get<bool>() ? "true" : "false";
        return;
      case Type::string:
        write_string(value.get_ref<const std::string&>());
        return;
      case Type::number_integer:
        out_ += std::to_string(value.get<std::int64_t>());
        return;
      case Type::number_unsigned:
        out_ += std::to_string(value.get<std::uint64_t>());
        return;
      case Type::number_float:
        write_float(value.get<double>());
        return;
      case Type::array:
        write_array(value);
        return;
      case Type::object:
        write_object(value);
        return;
      case Type::binary:
      case Type::discarded:
        break;
    }
    throw Error(Code::internal, fmt::format("write JSON: a value of type {}", value.type_name()));
  }

  std::string take() { return std::move(out_); }

 private:
  void write_array(const OrderedJson& array) {
    out_ += '[';
    ++depth_;
    bool first = true;
    for (const OrderedJson& item : array) {
      next_item(first);
      write(item);
    }
    close(array.empty());
    out_ += ']';
  }

  void write_object(const OrderedJson& object) {
    out_ += '{';
    ++depth_;
    bool first = true;
    for (const auto& [key, item] : object.items()) {
      next_item(first);
      write_string(key);
      out_ += indent_ == 0 ? ":" : ": ";
      write(item);
    }
    close(object.empty());
    out_ += '}';
  }

  void next_item(bool& first) {
    if (!first) {
      out_ += ',';
    }
    first = false;
    new_line();
  }

  // An empty array or object stays on its line.
  void close(bool empty) {
    --depth_;
    if (!empty) {
      new_line();
    }
  }

  void new_line() {
    if (indent_ != 0) {
      out_ += '\n';
      out_.append(depth_ * indent_, ' ');
    }
  }

  void write_string(std::string_view text) {
    out_ += '"';
    while (!text.empty()) {
      const Utf8Char c = decode_utf8(text);
      if (!c.valid) {
        out_ += "\\ufffd";
      } else if (c.value < 0x80) {
        write_ascii(text.front());
      } else if (c.value == 0x2028 || c.value == 0x2029) {
        out_ += c.value == 0x2028 ? "\\u2028" : "\\u2029";
      } else {
        out_ += text.substr(0, c.length);
      }
      text.remove_prefix(c.length);
    }
    out_ += '"';
  }

  void write_ascii(char c) {
    switch (c) {
      case '"':
      case '\\':
        out_ += '\\';
        out_ += c;
        return;
      case '\n':
        out_ += "\\n";
        return;
      case '\r':
        out_ += "\\r";
        return;
      case '\t':
        out_ += "\\t";
        return;
      default:
        break;
    }
    const bool escaped = c < 0x20 || (html_ == GoHtml::escape && (c == '<' || c == '>' || c == '&'));
    if (escaped) {
      out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out_ += c;
    }
  }

  // The shortest text that reads back the same; with an exponent only where ES6 has one.
  void write_float(double number) {
    if (!std::isfinite(number)) {
      throw Error(Code::internal, "write JSON: a number that is not finite");
    }
    const double magnitude = std::abs(number);
    if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) {
      std::string text = digits(number, std::chars_format::scientific);
      if (const std::size_t zero = text.find("e-0"); zero != std::string::npos) {
        text.erase(zero + 2, 1);
      }
      out_ += text;
    } else if (magnitude >= 0x1p53) {
      out_ += large_integer(number);
    } else {
      out_ += digits(number, std::chars_format::fixed);
    }
  }

  static std::string digits(double number, std::chars_format format) {
    char buffer[64];
    const auto result = std::to_chars(std::begin(buffer), std::end(buffer), number, format);
    return {buffer, result.ptr};
  }

  // The fixed format of to_chars gives all the digits a large number happens to have; Go fills up with zeros after the
  // shortest that identify it.
  static std::string large_integer(double number) {
    std::string text = digits(number, std::chars_format::scientific);
    const std::size_t mark = text.find('e');
    const auto exponent = static_cast<std::size_t>(std::stoi(text.substr(mark + 1)));
    text.resize(mark);
    std::erase(text, '.');
    const std::size_t sign = number < 0 ? 1 : 0;
    text.resize(sign + exponent + 1, '0');
    return text;
  }

  std::string out_;
  std::size_t depth_ = 0;
  std::size_t indent_;
  GoHtml html_;
};

}  // namespace

std::string to_go_json(const OrderedJson& value, GoHtml html) {
  GoWriter writer(0, html);
  writer.write(value);
  return writer.take();
}

std::string to_go_json_indented(const OrderedJson& value, int indent, GoHtml html) {
  GoWriter writer(indent, html);
  writer.write(value);
  return writer.take();
}

}  // namespace nacre::oci
