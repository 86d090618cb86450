// One upload of a blob at one server. Internal to registry/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/session.h"
#include "registry/upload.h"

namespace nacre::registry {

// What a request that writes asks a token for.
Scopes push_scopes(const Session& session);
// Whether the repository that the session pushes to has a blob.
bool is_there(Session& session, const oci::Digest& blob, const CancelToken& cancel);

// In one request, or in parts. Source: distribution-spec, "Pushing blobs".
class UploadSession {
 public:
  // what: for errors. All outlive the session.
  UploadSession(Session& session, std::string what, const CancelToken& cancel)
      : session_(session), what_(std::move(what)), cancel_(cancel) {}

  // Asks for a place to send to. Before send().
  void begin();
  // Sends the blob and ends the upload. After a cut it goes on from what the server has; a server that knows no parts
  // gets the blob whole.
  void send(UploadBody& body);

 private:
  void send_in_one(UploadBody& body);
  void send_in_parts(UploadBody& body);
  void send_rest(UploadBody& body);
  // Ends the upload; the request brings the whole blob if there is a body.
  void finish(const oci::Digest& digest, UploadBody* body);
  // Asks how much has arrived; an upload that is gone begins anew.
  void find_out();
  void take_location(const net::ResponseHead& head);

  Session& session_;
  std::string what_;
  const CancelToken& cancel_;
  std::string location_;
  net::Reach reach_ = net::Reach::any;  // of the location
  std::uint64_t sent_ = 0;              // what the server has, as far as we know
  bool knows_parts_ = true;             // the server
};

}  // namespace nacre::registry
