// A repository in a registry: its manifests, blobs and tags. Source: OCI distribution-spec 1.1.
//
// Reading asks the mirrors first and the registry itself last; whoever fails goes to the end of the queue. Writing asks
// the registry, and mirrors that are configured to take pushes. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/byte_stream.h"
#include "base/cancel.h"
#include "net/client.h"
#include "oci/descriptor.h"
#include "oci/reference.h"
#include "registry/authorizer.h"
#include "registry/credentials.h"
#include "registry/hosts.h"
#include "registry/upload.h"

namespace nacre::registry {

inline constexpr std::uint64_t max_manifest_size = 4 * 1024 * 1024;

// A manifest or index as it came: the bytes are what the digest says.
struct FetchedDocument {
  std::string raw;
  std::string media_type;
  oci::Digest digest;
};

// How many pulls the registry still allows. Source: Docker Hub's ratelimit-limit and ratelimit-remaining.
struct RateLimit {
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  std::chrono::seconds window{0};  // in which `limit` pulls are allowed; 0: not said
};

// Bytes of a blob as one server sends them; not verified.
struct BlobStream {
  std::unique_ptr<net::Response> response;
  bool is_whole = false;  // it begins with the blob's first byte, whatever was asked: not every server knows ranges
  std::string server;     // "https://mirror.lan:5000"
};

// A repository that a search found. Source: docker's v1 search API.
struct SearchResult {
  std::string name;
  std::string description;
  std::int64_t stars = 0;
  bool is_official = false;
  bool is_automated = false;
};

class Client;

class Repository {
 public:
  Repository(Repository&&) noexcept;
  ~Repository();

  // What references call it: "docker.io/library/alpine".
  const std::string& name() const;

  // The manifest or index of a tag or digest. Throws Error: not_found; permission_denied; corrupt when the bytes are
  // not what was asked for, or not what the server says they are; unsupported for schema 1; unavailable.
  FetchedDocument document(const oci::Reference& reference, const CancelToken& cancel);
  // The same of a descriptor: its size counts, too.
  FetchedDocument document(const oci::Descriptor& descriptor, const CancelToken& cancel);
  // What a tag leads to, without fetching it; nothing when there is no such tag.
  std::optional<oci::Descriptor> find(const oci::Reference& reference, const CancelToken& cancel);

  // A blob from `offset` on, `length` bytes of it: a server may send all of it instead (see BlobStream::is_whole). What
  // the registry does not have comes from where the descriptor's URLs lead, as layers do that nobody may redistribute.
  // Throws Error as document() does.
  BlobStream open_blob(const oci::Descriptor& blob, std::uint64_t offset, std::uint64_t length,
                       const CancelToken& cancel);
  // A small blob (a config), verified.
  std::string read_blob(const oci::Descriptor& blob, const CancelToken& cancel);
  // Asks `server` (of a BlobStream) last from now on: what it sent was wrong, or stopped.
  void avoid(const std::string& server);

  // Every tag, sorted: not every registry does it, though it should.
  std::vector<std::string> tags(const CancelToken& cancel);

  // Whether the repository that is pushed to has a blob.
  bool has_blob(const oci::Digest& blob, const CancelToken& cancel);
  // Makes a blob of another repository of the same registry known in this one, if the registry can and we may. Returns
  // the first of `repositories` ("library/alpine") that it worked with.
  std::optional<std::string> mount_blob(const oci::Digest& blob, const std::vector<std::string>& repositories,
                                        const CancelToken& cancel);
  // Sends a blob, whose bytes may still be in the making. After a cut it goes on from what the registry has.
  void send_blob(UploadBody& body, const CancelToken& cancel);
  // Sends a manifest or index, under a tag or its digest; what it refers to is there. One that has a subject is found
  // by referrers() from now on, whether or not the registry has an API for it. Throws Error corrupt when the
  // registry names another digest afterwards.
  void send_document(const oci::Reference& reference, const std::string& raw, const std::string& media_type,
                     const CancelToken& cancel);

  // What refers to a manifest: signatures, attestations, SBOMs. Asks the referrers API, and where there is none the tag
  // that stands for it. Source: distribution-spec, "Listing Referrers".
  std::vector<oci::Descriptor> referrers(const oci::Digest& subject, const CancelToken& cancel);

  // As of the last manifest, where the registry says so.
  std::optional<RateLimit> rate_limit() const;

 private:
  friend class Client;
  struct Impl;
  explicit Repository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Everything that repositories share: connections, logins, tokens, configuration.
class Client {
 public:
  Client(HostFiles hosts, CredentialFiles credentials, net::ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Tries a login at the registry, as references name it ("docker.io"). Returns what is to be kept of it: a token
  // instead of the password, where the registry gives one. Throws Error (permission_denied).
  Credentials login(const std::string& domain, const Credentials& credentials, const CancelToken& cancel);
  CredentialStore& credentials();
  // Repositories by what their names and descriptions say. `domain`: where to look.
  std::vector<SearchResult> search(const std::string& domain, const std::string& term, unsigned limit,
                                   const CancelToken& cancel);

  // The repository must not outlive the client. Throws Error as Hosts::endpoints() does.
  Repository repository(const oci::Reference& reference);

 private:
  friend class Repository;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nacre::registry
