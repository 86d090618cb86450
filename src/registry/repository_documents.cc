// Manifests, indexes and tags.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "oci/shown.h"
#include "registry/repository_impl.h"
#include "registry/server_error.h"

namespace nacre::registry {

namespace {

constexpr std::size_t max_tags = 1'000'000;
constexpr std::uint64_t max_tag_page = 32 * 1024 * 1024;

// What a server may answer with, best first. Without schema 1 old registries say so, instead of converting.
void accept_documents(net::Headers& headers) {
  for (const auto type : {oci::media_type::oci_index, oci::media_type::docker_manifest_list,
                          oci::media_type::oci_manifest, oci::media_type::docker_manifest}) {
    headers.add("Accept", std::string(type));
  }
  headers.add("Accept", "*/*;q=0.1");  // artifacts of types nobody has thought of yet
}

std::string media_type_of(const net::ResponseHead& head) {
  const std::string type(head.headers.find("content-type").value_or(""));
  return type.substr(0, type.find_first_of("; "));
}

oci::Digest digest_of(const std::string& text, oci::DigestAlgorithm algorithm) {
  oci::Hasher hasher(algorithm);
  hasher.update(as_bytes(text));
  return hasher.finish();
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t number = 0;
  const bool valid = std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
  return valid ? std::optional(number) : std::nullopt;
}

// "100;w=21600" and "97;w=21600". Source: Docker Hub's documentation of its limits.
std::optional<RateLimit> rate_limit_of(const net::ResponseHead& head) {
  constexpr std::string_view window_key = ";w=";
  const std::string_view limit = head.headers.find("ratelimit-limit").value_or("");
  const auto allowed = leading_number(limit);
  const auto remaining = leading_number(head.headers.find("ratelimit-remaining").value_or(""));
  if (!allowed || !remaining) {
    return std::nullopt;
  }
  const std::size_t at = limit.find(window_key);
  const auto window = at == std::string_view::npos ? 0 : leading_number(limit.substr(at + window_key.size()));
  return RateLimit{*allowed, *remaining, std::chrono::seconds(std::min<std::uint64_t>(window.value_or(0), UINT32_MAX))};
}

std::string read_document(net::Response& response, std::string_view what, std::uint64_t max_size) {
  const auto too_large = [&] {
    return Error(Code::corrupt, fmt::format("{}: larger than the {} bytes it may have", what, max_size));
  };
  if (response.head().content_length.value_or(0) > max_size) {
    throw too_large();
  }
  std::string text(max_size + 1, '\0');
  const std::size_t length = response.read(std::as_writable_bytes(std::span(text)));
  if (length > max_size) {
    throw too_large();
  }
  text.resize(length);
  return text;
}

void refuse_schema_1(std::string_view what, std::string_view media_type, const std::string& raw) {
  const bool by_type = media_type.starts_with("application/vnd.docker.distribution.manifest.v1");
  const oci::Json json = oci::Json::parse(raw, nullptr, false);
  const auto version = json.is_object() ? json.find("schemaVersion") : json.end();
  if (by_type || (json.is_object() && version != json.end() && *version == 1)) {
    throw Error(
        Code::unsupported,
        fmt::format("{}: its manifest has the format that docker gave up in 2017 (schema 1), which names layers "
                    "by what cannot be verified; push the image again with a current tool",
                    what));
  }
}

// The digest that a tag or digest stands for, once the bytes are here: what was asked for, and what the server says.
oci::Digest verified_digest(std::string_view what, const std::string& raw, const std::optional<oci::Digest>& asked,
                            const net::ResponseHead& head) {
  const auto check = [&](const oci::Digest& expected, std::string_view who) {
    const oci::Digest actual = digest_of(raw, expected.algorithm());
    if (actual != expected) {
      throw Error(Code::corrupt, fmt::format("{}: {} {}, the bytes are {}", what, who, expected.str(), actual.str()));
    }
  };
  if (asked) {
    check(*asked, "asked for");
  }
  const auto said = head.headers.find("docker-content-digest");
  if (said && oci::Digest::is_valid(*said)) {
    check(oci::Digest::parse(*said), "the server says");
  }
  return asked.value_or(oci::Digest::of(raw));
}

std::string what_of(std::string_view name, std::string_view reference) {
  return fmt::format("manifest {}{}{}", name, reference.contains(':') ? "@" : ":", reference);
}

}  // namespace

FetchedDocument Repository::document(const oci::Reference& reference, const CancelToken& cancel) {
  const std::string wanted = reference.digest() ? reference.digest()->str() : reference.tag().value_or("latest");
  const std::string what = what_of(name(), wanted);
  auto document =
      impl_->first_of(reference.digest() ? Capability::pull : Capability::resolve,
                      [&](Session& session) -> std::optional<FetchedDocument> {
                        Call call{.target = fmt::format("/{}/manifests/{}", session.endpoint().repository, wanted),
                                  .scopes = {pull_scope(session.endpoint().repository)}};
                        accept_documents(call.headers);
                        const auto response = session.send(call, cancel);
                        if (response->head().status == 404) {
                          return std::nullopt;
                        }
                        if (response->head().status != 200) {
                          throw refusal(what, *response);
                        }
                        if (const auto limit = rate_limit_of(response->head())) {
                          *impl_->rate_limit.lock() = limit;
                        }
                        std::string raw = read_document(*response, what, max_manifest_size);
                        std::string media_type = media_type_of(response->head());
                        refuse_schema_1(what, media_type, raw);
                        const oci::Digest digest = verified_digest(what, raw, reference.digest(), response->head());
                        return FetchedDocument{std::move(raw), std::move(media_type), digest};
                      });
  if (!document) {
    throw Error(Code::not_found, fmt::format("{}: manifest unknown: the registry has no such {}", what,
                                             reference.digest() ? "digest" : "tag"));
  }
  return std::move(*document);
}

FetchedDocument Repository::document(const oci::Descriptor& descriptor, const CancelToken& cancel) {
  const std::string what = what_of(name(), descriptor.digest.str());
  if (descriptor.size > max_manifest_size) {
    throw Error(Code::corrupt, fmt::format("{}: larger than the {} bytes it may have", what, max_manifest_size));
  }
  FetchedDocument fetched = document(oci::Reference::parse(name()).with_digest(descriptor.digest), cancel);
  if (fetched.raw.size() != descriptor.size) {
    throw Error(Code::corrupt,
                fmt::format("{}: it has {} bytes, the index says {}", what, fetched.raw.size(), descriptor.size));
  }
  return fetched;
}

std::optional<oci::Descriptor> Repository::find(const oci::Reference& reference, const CancelToken& cancel) {
  const std::string wanted = reference.digest() ? reference.digest()->str() : reference.tag().value_or("latest");
  return impl_->first_of(Capability::resolve, [&](Session& session) -> std::optional<oci::Descriptor> {
    Call call{.method = "HEAD",
              .target = fmt::format("/{}/manifests/{}", session.endpoint().repository, wanted),
              .scopes = {pull_scope(session.endpoint().repository)}};
    accept_documents(call.headers);
    const auto response = session.send(call, cancel);
    const auto& head = response->head();
    if (head.status == 404) {
      return std::nullopt;
    }
    if (head.status != 200) {
      throw refusal(what_of(name(), wanted), *response);
    }
    const auto said = head.headers.find("docker-content-digest");
    if (!said || !oci::Digest::is_valid(*said)) {  // optional in the specification: the document itself tells
      const FetchedDocument fetched = document(reference, cancel);
      return oci::Descriptor{fetched.media_type, fetched.digest, fetched.raw.size()};
    }
    return oci::Descriptor{media_type_of(head), oci::Digest::parse(*said), head.content_length.value_or(0)};
  });
}

namespace {

// `<...>; rel="next"`. Source: RFC 8288.
std::optional<std::string> next_page(const net::ResponseHead& head) {
  for (const auto link : head.headers.all("link")) {
    const std::size_t end = link.find('>');
    if (link.starts_with('<') && end != std::string_view::npos && link.substr(end).contains("next")) {
      return std::string(link.substr(1, end - 1));
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> Repository::tags(const CancelToken& cancel) {
  const std::string what = fmt::format("list the tags of {}", name());
  auto found = impl_->first_of(Capability::resolve, [&](Session& session) -> std::optional<std::vector<std::string>> {
    std::vector<std::string> tags;
    const Scopes scopes{pull_scope(session.endpoint().repository)};
    std::optional<std::string> target = fmt::format("/{}/tags/list?n=1000", session.endpoint().repository);
    while (target) {
      const auto response = session.send({.target = *target, .scopes = scopes}, cancel);
      if (response->head().status == 404) {
        return std::nullopt;
      }
      if (response->head().status != 200) {
        throw refusal(what, *response);
      }
      const oci::Json json = oci::parse_json(read_document(*response, what, max_tag_page));
      const auto page = oci::string_list(oci::as_object(json, "tags/list"), "tags");
      tags.insert(tags.end(), page.begin(), page.end());
      const auto next = next_page(response->head());
      if (tags.size() > max_tags || (next && page.empty())) {
        throw Error(Code::corrupt, what + ": the list has no end");
      }
      target = next ? std::optional(net::resolve(response->head().url, *next)) : std::nullopt;
      if (target && net::origin_of(*target) != net::origin_of(session.endpoint().origin)) {
        throw Error(Code::corrupt, what + ": the next page is on another server");
      }
    }
    return tags;
  });
  if (!found) {
    throw Error(Code::not_found, what + ": the registry has no such repository");
  }
  std::ranges::sort(*found);
  return std::move(*found);
}

}  // namespace nacre::registry
