// Logging in and searching: what is asked of a registry rather than of a repository.
#include <fmt/format.h>

#include "base/error.h"
#include "net/url.h"
#include "oci/json.h"
#include "registry/repository_impl.h"
#include "registry/server_error.h"

namespace nacre::registry {

namespace {

constexpr std::uint64_t max_answer = 32 * 1024 * 1024;

std::string text_of(const oci::Json& object, const char* name) {
  return oci::optional_string(object, name).value_or("");
}

std::vector<SearchResult> parse_results(const std::string& text) {
  const oci::Json json = oci::parse_json(text);
  const oci::Json* const results = oci::optional_field(oci::as_object(json, "the answer"), "results");
  std::vector<SearchResult> found;
  if (results == nullptr) {
    return found;
  }
  for (const auto& each : oci::as_array(*results, "results")) {
    oci::as_object(each, "a result");
    found.push_back({text_of(each, "name"), text_of(each, "description"), oci::integer_field(each, "star_count"),
                     oci::flag_field(each, "is_official"), oci::flag_field(each, "is_automated")});
  }
  return found;
}

// A registry without a search has a list of its repositories, perhaps. Source: docker's registry API, "_catalog".
std::optional<std::vector<SearchResult>> search_catalog(Session& session, const std::string& term, unsigned limit,
                                                        const CancelToken& cancel) {
  std::vector<SearchResult> found;
  std::string last;
  while (found.size() < limit) {
    const std::string page = fmt::format("/_catalog?n=1000{}{}", last.empty() ? "" : "&last=", net::escape_query(last));
    const auto response = session.send({.target = page, .scopes = {"registry:catalog:*"}}, cancel);
    if (response->head().status == 404) {
      return std::nullopt;
    }
    if (response->head().status != 200) {
      throw refusal("list the repositories of " + session.endpoint().origin, *response);
    }
    const oci::Json json = oci::parse_json(archive::read_all(*response, max_answer));
    const auto names = oci::string_list(oci::as_object(json, "_catalog"), "repositories");
    for (const auto& name : names) {
      if (name.contains(term) && found.size() < limit) {
        found.push_back({.name = name, .description = {}});
      }
    }
    if (names.empty() || names.back() == last || !response->head().headers.find("link")) {
      break;
    }
    last = names.back();
  }
  return found;
}

std::optional<std::vector<SearchResult>> search_at(Session& session, const std::string& term, unsigned limit,
                                                   const CancelToken& cancel) {
  // Docker Hub's search is not where its registry is.
  const bool is_hub = session.endpoint().credential_key == "docker.io";
  const std::string start = is_hub ? "https://index.docker.io" : session.endpoint().origin;
  const auto response =
      session.send({.target = fmt::format("{}/v1/search?q={}&n={}", start, net::escape_query(term), limit)}, cancel);
  if (response->head().status == 200) {
    return parse_results(archive::read_all(*response, max_answer));
  }
  if (response->head().status == 404) {
    return search_catalog(session, term, limit, cancel);
  }
  throw refusal("search " + start, *response);
}

}  // namespace

CredentialStore& Client::credentials() {
  return impl_->credentials;
}

Credentials Client::login(const std::string& domain, const Credentials& credentials, const CancelToken& cancel) {
  Authorizer authorizer(impl_->http, impl_->credentials);
  authorizer.use(credentials);
  std::exception_ptr failure;
  for (auto& endpoint : impl_->hosts.endpoints(domain, "")) {
    if (endpoint.credential_key != domain) {
      continue;  // a mirror, which has accounts of its own
    }
    try {
      Session session(impl_->http, authorizer, endpoint);
      const auto response = session.send({.target = "/"}, cancel);
      if (response->head().status != 200) {
        throw refusal(endpoint.origin, *response);
      }
      Credentials kept = credentials;
      kept.identity_token = authorizer.refresh_token();
      return kept;
    } catch (const Error& error) {
      if (!was_never_reached(error)) {
        throw;
      }
      failure = failure ? failure : std::current_exception();
    }
  }
  if (!failure) {
    throw Error(Code::not_found, fmt::format("{}: no server of it is configured", domain));
  }
  std::rethrow_exception(failure);
}

std::vector<SearchResult> Client::search(const std::string& domain, const std::string& term, unsigned limit,
                                         const CancelToken& cancel) {
  Repository place = repository(oci::Reference::parse(domain + "/search"));
  auto found = place.impl_->first_of(Capability::resolve,
                                     [&](Session& session) { return search_at(session, term, limit, cancel); });
  if (!found) {
    throw Error(Code::unsupported, fmt::format("{} has no search, and does not list its repositories", domain));
  }
  return std::move(*found);
}

}  // namespace nacre::registry
