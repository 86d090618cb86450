// Internal to registry/.
#pragma once

#include <list>
#include <set>

#include "base/guarded.h"
#include "registry/hosts_address.h"
#include "registry/repository.h"
#include "registry/session.h"

namespace nacre::registry {

struct Client::Impl {
  Impl(HostFiles host_files, CredentialFiles credential_files, net::ClientOptions options)
      : http(options),
        credentials(std::move(credential_files)),
        hosts(std::move(host_files)),
        authorizer(http, credentials) {}

  net::Client http;
  CredentialStore credentials;
  Hosts hosts;
  Authorizer authorizer;
};

struct Repository::Impl {
  std::string name;
  net::Client* http = nullptr;           // the client's
  std::list<Session> sessions;           // where they are stays: they are pointed at
  Guarded<std::vector<Session*>> order;  // in which they are asked
  Guarded<std::optional<RateLimit>> rate_limit;

  std::vector<Session*> able(Capability capability);
  void put_last(const Session* session);
  // Lists a manifest that has a subject where clients look for it if the registry has no API for referrers.
  void note_referrer(Session& session, const std::string& raw, const CancelToken& cancel) const;
  std::optional<BlobStream> open_elsewhere(const oci::Descriptor& blob, net::Reach reach, std::uint64_t offset,
                                           std::uint64_t length, const CancelToken& cancel);

  // Asks one endpoint after the other until one gives what is wanted. `ask` returns nothing for "not here". When none
  // does: nothing if any says that it is not there and the others could not even be reached, otherwise what failed.
  template <class Ask>
  auto first_of(Capability capability, Ask ask) -> decltype(ask(std::declval<Session&>()));
};

template <class Ask>
auto Repository::Impl::first_of(Capability capability, Ask ask) -> decltype(ask(std::declval<Session&>())) {
  bool not_here = false;
  bool only_unreached = true;
  std::exception_ptr failure;
  std::set<std::string> spoke_tls;  // hosts: nobody who does is asked in plain http as well
  for (Session* const session : able(capability)) {
    const std::string host = host_of_origin(session->endpoint().origin);
    const bool is_plain = session->endpoint().origin.starts_with("http:");
    if (is_plain && spoke_tls.contains(host)) {
      continue;
    }
    try {
      if (auto found = ask(*session)) {
        return found;
      }
      not_here = true;
      spoke_tls.insert(host);
    } catch (const Error& error) {
      put_last(session);
      if (!was_never_reached(error)) {
        spoke_tls.insert(host);
      }
      // Of "https does not answer" and "http does not answer" the first is the one that says what is wrong; what the
      // registry itself says is more to the point than what its mirrors do, and it comes last.
      const bool unreached = was_never_reached(error);
      if (!failure || !unreached) {
        failure = std::current_exception();
      }
      only_unreached = only_unreached && unreached;
    }
  }
  if (failure && !(not_here && only_unreached)) {
    std::rethrow_exception(failure);
  }
  return {};
}

}  // namespace nacre::registry
