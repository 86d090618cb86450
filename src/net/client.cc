#include "net/client.h"

#include <algorithm>
#include <deque>
#include <functional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/guarded.h"
#include "net/transfer.h"
#include "net/url.h"
#include "oci/ascii.h"

namespace nacre::net {

namespace {

constexpr int max_redirects = 10;
constexpr std::size_t max_idle_connections = 32;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

std::optional<std::string_view> Headers::find(std::string_view name) const {
  const std::string wanted = oci::lower(name);
  for (const auto& [field, value] : fields_) {
    if (oci::lower(field) == wanted) {
      return value;
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  const std::string wanted = oci::lower(name);
  std::vector<std::string_view> values;
  for (const auto& [field, value] : fields_) {
    if (oci::lower(field) == wanted) {
      values.push_back(value);
    }
  }
  return values;
}

archive::Chunk Response::next() {
  const auto memory = std::make_shared_for_overwrite<std::byte[]>(archive::chunk_size);
  const std::size_t length = read({memory.get(), archive::chunk_size});
  return {memory, {memory.get(), length}};
}

struct Client::Impl {
  ClientOptions options;
  Guarded<std::deque<Connection>> idle;

  // One to the same origin if there is one that may be reached, or a new one.
  Connection take(const std::string& origin, Reach reach) {
    const auto connections = idle.lock();
    const auto same = std::ranges::find_if(
        *connections, [&](const Connection& each) { return each.origin == origin && may_reach(reach, each.kind); });
    if (same != connections->end()) {
      Connection connection = std::move(*same);
      connections->erase(same);
      return connection;
    }
    Connection connection = Connection::make();
    connection.origin = origin;
    return connection;
  }

  void give_back(Connection connection) {
    const auto connections = idle.lock();
    connections->push_front(std::move(connection));
    if (connections->size() > max_idle_connections) {
      connections->pop_back();
    }
  }
};

namespace {

class TransferResponse : public Response {
 public:
  TransferResponse(std::unique_ptr<Transfer> transfer, std::function<void(Connection)> give_back)
      : transfer_(std::move(transfer)), give_back_(std::move(give_back)) {}

  const ResponseHead& head() const override { return transfer_ ? transfer_->await_head() : head_; }

  std::size_t read(MutableBytes buffer) override {
    if (!transfer_) {
      return 0;
    }
    const std::size_t length = transfer_->read(buffer);
    if (length < buffer.size()) {
      head_ = transfer_->await_head();
      give_back_(transfer_->take_connection());
      transfer_.reset();
    }
    return length;
  }

 private:
  std::unique_ptr<Transfer> transfer_;  // nothing once the body has ended
  std::function<void(Connection)> give_back_;
  ResponseHead head_;
};

// Where a redirect leads. Throws Error when it may not be followed.
std::string next_url(const std::string& from, const ResponseHead& head, int redirects) {
  const auto refuse = [&](Code code, std::string_view cause) -> Error {
    return {code, fmt::format("{}: {}", shown_url(from), cause)};
  };
  if (redirects == max_redirects) {
    throw refuse(Code::permission_denied, fmt::format("redirected more than {} times", max_redirects));
  }
  const auto location = head.headers.find("location");
  std::string url = location ? resolve(from, *location) : std::string();
  if (!origin_of(url)) {
    throw refuse(Code::permission_denied, "redirected to what is no http or https URL");
  }
  if (oci::lower(from.substr(0, 6)) == "https:" && oci::lower(url.substr(0, 6)) != "https:") {
    throw refuse(Code::permission_denied, "redirected from https to plain http, which is not followed");
  }
  return url;
}

}  // namespace

Client::Client(ClientOptions options) : impl_(std::make_shared<Impl>()) {
  impl_->options = options;
}

Client::~Client() = default;

std::unique_ptr<Response> Client::send(const Request& request, const CancelToken& cancel) {
  std::string url = request.url;
  const auto first_origin = origin_of(url);
  if (!first_origin) {
    throw Error(Code::invalid_argument, fmt::format("{}: not a valid http or https URL", shown_url(url)));
  }
  Reach reach_elsewhere = request.reach;
  auto authorization = Transfer::Authorization::send;
  for (int redirects = 0;; ++redirects) {
    const std::string origin = origin_of(url).value();
    const Reach reach = origin == first_origin ? request.reach : reach_elsewhere;
    if (origin != first_origin) {
      authorization = Transfer::Authorization::leave_out;  // from here on, even if it leads back
    }
    auto transfer = std::make_unique<Transfer>(impl_->take(origin, reach), request, url, authorization, reach,
                                               impl_->options, cancel);
    const ResponseHead& head = transfer->await_head();
    const bool follows = request.redirects == Redirects::follow && is_redirect(head.status);
    if (!follows) {
      return std::make_unique<TransferResponse>(
          std::move(transfer), [impl = impl_](Connection connection) { impl->give_back(std::move(connection)); });
    }
    url = next_url(url, head, redirects);
    if (redirects == 0) {
      reach_elsewhere = std::max(request.reach, head.names_reach);
    }
  }
}

}  // namespace nacre::net
