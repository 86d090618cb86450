#include "oci/reference.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/ascii.h"
#include "oci/path_match.h"
#include "oci/shown.h"

namespace nacre::oci {
namespace {

constexpr std::string_view default_domain = "docker.io";
constexpr std::string_view legacy_default_domain = "index.docker.io";
constexpr std::string_view official_prefix = "library/";
constexpr std::string_view default_tag = "latest";
constexpr std::size_t max_path = 255;
constexpr std::size_t max_tag = 128;
constexpr std::size_t min_digest_digits = 32;

constexpr bool is_path_char(char c) noexcept {
  return is_lower(c) || is_digit(c);
}

// Calls check on every piece between separators; false as soon as one fails.
template <class Check>
bool every_piece(std::string_view text, char separator, Check check) {
  for (;;) {
    const std::size_t end = text.find(separator);
    if (!check(text.substr(0, end))) {
      return false;
    }
    if (end == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(end + 1);
  }
}

std::size_t leading(std::string_view text, bool (*accept)(char) noexcept) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, accept) - text.begin());
}

// identifier := /[a-f0-9]{64}/
bool is_identifier(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, is_lower_hex);
}

// domain-component := /([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])/
bool is_domain_component(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

// host := domain-component ['.' domain-component]* | '[' /[a-fA-F0-9:]+/ ']'
bool is_host(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    return std::ranges::all_of(text.substr(1, text.size() - 2), [](char c) { return is_hex(c) || c == ':'; });
  }
  return every_piece(text, '.', is_domain_component);
}

// domain := host [':' /[0-9]+/]
bool is_domain(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) {
    return is_host(text);
  }
  const std::string_view port = text.substr(colon + 1);
  return !port.empty() && std::ranges::all_of(port, is_digit) && is_host(text.substr(0, colon));
}

// separator := /[_.]|__|[-]+/; the length of the one at the start of text, 0 if there is none.
std::size_t separator_length(std::string_view text) {
  if (text.starts_with("__")) {
    return 2;
  }
  if (text.starts_with('_') || text.starts_with('.')) {
    return 1;
  }
  return leading(text, [](char c) noexcept { return c == '-'; });
}

// path-component := /[a-z0-9]+/ [separator /[a-z0-9]+/]*
bool is_path_component(std::string_view text) {
  for (;;) {
    const std::size_t word = leading(text, is_path_char);
    if (word == 0) {
      return false;
    }
    text.remove_prefix(word);
    if (text.empty()) {
      return true;
    }
    const std::size_t separator = separator_length(text);
    if (separator == 0) {
      return false;
    }
    text.remove_prefix(separator);
  }
}

// path := path-component ['/' path-component]*
bool is_path(std::string_view text) {
  return every_piece(text, '/', is_path_component);
}

// tag := /[\w][\w.-]{0,127}/
bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= max_tag && text.front() != '.' && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

// digest := /[A-Za-z][A-Za-z0-9]*/ [/[+._-]/ /[A-Za-z][A-Za-z0-9]*/]* ':' /[0-9a-fA-F]{32,}/
bool is_digest_shaped(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  const std::string_view hex = text.substr(colon + 1);
  if (hex.size() < min_digest_digits || !std::ranges::all_of(hex, is_hex)) {
    return false;
  }
  std::string algorithm(text.substr(0, colon));
  std::ranges::replace_if(algorithm, [](char c) { return c == '-' || c == '_' || c == '+'; }, '.');
  return every_piece(algorithm, '.', [](std::string_view word) {
    return !word.empty() && !is_digit(word.front()) && std::ranges::all_of(word, is_alphanumeric);
  });
}

// The pieces of a text that follows the grammar.
struct Parts {
  std::string_view domain;  // "" when the first component can only be part of the path
  std::string_view path;
  std::optional<std::string_view> tag;
  std::optional<std::string_view> digest;
};

// reference := [domain '/'] path [':' tag] ['@' digest]. A name holds no '@', and only its domain may hold a ':', so
// the cuts are where these first stand.
std::optional<Parts> match_reference(std::string_view text) {
  Parts parts;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    parts.digest = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const std::size_t last_slash = text.rfind('/');
  if (const std::size_t colon = text.find(':', last_slash == std::string_view::npos ? 0 : last_slash);
      colon != std::string_view::npos) {
    parts.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if ((parts.tag && !is_tag(*parts.tag)) || (parts.digest && !is_digest_shaped(*parts.digest))) {
    return std::nullopt;
  }
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos && is_domain(text.substr(0, slash)) && is_path(text.substr(slash + 1))) {
    parts.domain = text.substr(0, slash);
    parts.path = text.substr(slash + 1);
    return parts;
  }
  if (!is_path(text)) {
    return std::nullopt;
  }
  parts.path = text;
  return parts;
}

struct DomainSplit {
  std::string_view domain;
  std::string remainder;
};

// Decides, as docker does, whether what stands before the first slash is a registry or part of a Docker Hub name.
DomainSplit split_domain(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return {default_domain, fmt::format("{}{}", official_prefix, text)};
  }
  const std::string_view first = text.substr(0, slash);
  const bool names_registry =
      first == "localhost" || first.find_first_of(".:") != std::string_view::npos || has_upper(first);
  DomainSplit split{default_domain, std::string(text)};
  if (names_registry) {
    split = {first == legacy_default_domain ? default_domain : first, std::string(text.substr(slash + 1))};
  }
  if (split.domain == default_domain && split.remainder.find('/') == std::string::npos) {
    split.remainder.insert(0, official_prefix);
  }
  return split;
}

[[noreturn]] void fail(std::string message) {
  throw Error(Code::invalid_argument, std::move(message));
}

}  // namespace

Reference Reference::parse(std::string_view text) {
  if (is_identifier(text)) {
    fail(fmt::format("invalid repository name ({}), cannot specify 64-byte hexadecimal strings", text));
  }
  const DomainSplit split = split_domain(text);
  const std::string_view remote = std::string_view(split.remainder).substr(0, split.remainder.find(':'));
  if (has_upper(remote)) {
    fail(fmt::format("invalid reference format: repository name ({}) must be lowercase", shown(remote)));
  }
  const std::string full = fmt::format("{}/{}", split.domain, split.remainder);
  const std::optional<Parts> parts = match_reference(full);
  if (!parts) {
    fail(has_upper(full) && match_reference(lower(full)) ? "repository name must be lowercase"
                                                         : "invalid reference format");
  }
  if (parts->path.size() > max_path) {
    fail(fmt::format("repository name must not be more than {} characters", max_path));
  }
  Reference reference;
  reference.domain_ = parts->domain;
  reference.path_ = parts->path;
  reference.tag_ = parts->tag;
  if (parts->digest) {
    reference.digest_ = Digest::parse(*parts->digest);
  }
  return reference;
}

std::string Reference::name() const {
  return domain_.empty() ? path_ : fmt::format("{}/{}", domain_, path_);
}

std::string Reference::familiar_name() const {
  if (domain_ != default_domain) {
    return name();
  }
  const std::string_view path = path_;
  if (path.starts_with(official_prefix) && path.find('/', official_prefix.size()) == std::string_view::npos) {
    return std::string(path.substr(official_prefix.size()));
  }
  return path_;
}

namespace {

std::string with_suffixes(std::string name, const std::optional<std::string>& tag,
                          const std::optional<Digest>& digest) {
  if (tag) {
    name += ':' + *tag;
  }
  if (digest) {
    name += '@' + digest->str();
  }
  return name;
}

}  // namespace

std::string Reference::str() const {
  return with_suffixes(name(), tag_, digest_);
}

std::string Reference::familiar() const {
  return with_suffixes(familiar_name(), tag_, digest_);
}

Reference Reference::with_default_tag() const {
  return tag_ || digest_ ? *this : with_tag(default_tag);
}

Reference Reference::with_tag(std::string_view tag) const {
  if (!is_tag(tag)) {
    fail(fmt::format("tag '{}': invalid tag format", shown(tag)));
  }
  Reference copy = *this;
  copy.tag_ = tag;
  return copy;
}

Reference Reference::with_digest(const Digest& digest) const {
  Reference copy = *this;
  copy.digest_ = digest;
  return copy;
}

Reference Reference::without_tag_and_digest() const {
  Reference copy = *this;
  copy.tag_.reset();
  copy.digest_.reset();
  return copy;
}

bool familiar_match(std::string_view pattern, const Reference& reference) {
  const PathPattern compiled(pattern);
  if (compiled.matches(reference.familiar()) || compiled.matches(reference.familiar_name())) {
    return true;
  }
  return pattern.starts_with("docker.io/") && (compiled.matches(reference.str()) || compiled.matches(reference.name()));
}

}  // namespace nacre::oci
