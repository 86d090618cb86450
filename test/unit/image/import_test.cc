#include "image/import.h"

#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "image/import_download.h"
#include "image/lookup.h"
#include "image_test_support.h"
#include "oci/media_type.h"

namespace nacre::image {
namespace {

using archive::Compression;
using test::error_of;
using test::make_tar;
using test::noise;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ImportTest : public test::ImageTest {
 protected:
  ~ImportTest() override { ::unsetenv("SOURCE_DATE_EPOCH"); }

  oci::Manifest manifest_of(const oci::Digest& id) {
    return oci::Manifest::parse(store().read_blob(store().find_image(id)->manifest));
  }
  std::optional<Error> import_error(std::string_view tar, ImportOptions options = {}) {
    return error_of([&] { import(tar, "", std::move(options)); });
  }
};

TEST_F(ImportTest, EveryCompressionBecomesOneLayer) {
  const std::string tar = make_tar({{"etc/passwd", "root:x:0:0::/:/bin/sh\n"}, {"big", noise(200'000)}});
  const auto kept_as = [&](Compression compression, std::string_view media_type, std::string_view blob) {
    const auto manifest = manifest_of(import(test::compress(tar, compression), "", {.message = "m"}));
    ASSERT_THAT(manifest.layers(), SizeIs(1));
    const auto& layer = manifest.layers()[0];
    EXPECT_EQ(layer.media_type, media_type);
    EXPECT_EQ(layer.digest, oci::Digest::of(blob));
    EXPECT_EQ(layer.size, blob.size());
    EXPECT_TRUE(store().has_blob(layer.digest));
    const auto config = oci::ImageConfig::parse(store().read_blob(manifest.config().digest));
    EXPECT_THAT(config.diff_ids(), ElementsAre(oci::DiffId{oci::Digest::of(tar)}));
  };
  using namespace oci::media_type;  // NOLINT(google-build-using-namespace)
  kept_as(Compression::none, oci_layer, tar);
  kept_as(Compression::gzip, oci_layer_gzip, test::compress(tar, Compression::gzip));
  kept_as(Compression::zstd, oci_layer_zstd, test::compress(tar, Compression::zstd));
  kept_as(Compression::xz, oci_layer, tar);
  kept_as(Compression::bzip2, oci_layer, tar);
  EXPECT_FALSE(store().has_blob(oci::Digest::of(test::compress(tar, Compression::xz))));
}

TEST_F(ImportTest, TheConfigSaysWhatWasAskedFor) {
  const auto id =
      import(make_tar({{"a", "1"}}), "app",
             {.changes = {"CMD [\"/a\"]", "ENV A=1 B=$A"}, .platform = oci::Platform::parse("linux/arm/v7")});
  const auto config = read_config(store(), id);
  EXPECT_THAT(config.defaults().cmd, testing::Optional(ElementsAre("/a")));
  EXPECT_THAT(config.defaults().env, ElementsAre("A=1", "B="));
  EXPECT_EQ(config.platform(), oci::Platform::parse("linux/arm/v7"));
  ASSERT_THAT(config.history(), SizeIs(1));
  EXPECT_EQ(config.history()[0].comment, "Imported from -");
  EXPECT_EQ(config.history()[0].created, config.created());
  EXPECT_FALSE(config.history()[0].empty_layer);
  EXPECT_EQ(config.fields().comment, "Imported from -");
  EXPECT_EQ(store().find_name(oci::Reference::parse("app:latest"))->image, id);

  const auto with_message = import(make_tar({{"a", "1"}}), "", {.message = "by hand"});
  EXPECT_EQ(read_config(store(), with_message).history()[0].comment, "by hand");
  EXPECT_EQ(read_config(store(), with_message).platform(), oci::Platform::host());
}

TEST_F(ImportTest, SourceDateEpochMakesItReproducible) {
  ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
  const auto id = import(make_tar({{"a", "1"}}), "one:1");
  EXPECT_EQ(import(make_tar({{"a", "1"}}), "two:1"), id);
  EXPECT_EQ(read_config(store(), id).created(), (Timestamp{1'700'000'000, 0}));
  for (const char* wrong : {"yesterday", "-1", "1x", "99999999999999999999", "253402300800"}) {
    ::setenv("SOURCE_DATE_EPOCH", wrong, 1);
    EXPECT_EQ(import_error(make_tar({{"a", "1"}}))->code(), Code::invalid_argument) << wrong;
  }
}

TEST_F(ImportTest, WrongOptionsAreFoundBeforeAnythingIsRead) {
  EXPECT_EQ(import_error("no tar", {.changes = {"FROM x"}})->message(), "FROM is not a valid change command");
  EXPECT_EQ(import_error("no tar", {.platform = oci::Platform::parse("windows/amd64")})->code(), Code::unsupported);
  const auto digest = "app@" + oci::Digest::of("x").str();
  EXPECT_EQ(import_error("no tar", {.name = oci::Reference::parse(digest)})->message(),
            "cannot import digest reference");
}

TEST_F(ImportTest, WhatIsNoTarLeavesNothingBehind) {
  const std::string tar = make_tar({{"a", noise(100'000)}});
  const std::string zipped = test::compress(tar, Compression::gzip);
  for (const std::string& wrong : {std::string(), noise(10'000), tar.substr(0, 50'000), zipped.substr(0, 50'000)}) {
    const auto error = import_error(wrong);
    ASSERT_TRUE(error.has_value()) << wrong.size();
    EXPECT_EQ(error->code(), Code::corrupt);
  }
  EXPECT_THAT(store().images(), IsEmpty());
  EXPECT_THAT(store().collect().layers, IsEmpty());
  EXPECT_THAT(list_directory(store().layout().ingest()), IsEmpty());
}

TEST_F(ImportTest, ProgressEndsAtTheSizeOfTheFile) {
  test::spill(directory() / "in.tar", make_tar({{"a", noise(500'000)}}));
  std::uint64_t last = 0, all = 0;
  import_source(store(), directory() / "in.tar", {},
                [&](std::uint64_t done, std::uint64_t total) {
                  last = done;
                  all = total;
                },
                {});
  EXPECT_EQ(last, fs::file_size(directory() / "in.tar"));
  EXPECT_EQ(all, last);
}

TEST_F(ImportTest, AMissingFileIsAnError) {
  const auto error = error_of([&] { import_source(store(), directory() / "none.tar", {}, {}, {}); });
  EXPECT_EQ(error->code(), Code::not_found);
}

// A web server that answers each request with the next answer, and then goes away.
class WebServer {
 public:
  explicit WebServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.get(), generic, length), 0);
    EXPECT_EQ(::listen(socket_.get(), 16), 0);
    EXPECT_EQ(::getsockname(socket_.get(), generic, &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~WebServer() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::string url(const std::string& path = "/root.tar") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }

 private:
  void serve() {
    for (const auto& answer : answers_) {
      const Fd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) {
        return;
      }
      std::string request;
      char buffer[1024];
      while (!request.contains("\r\n\r\n")) {
        const ssize_t length = ::recv(connection.get(), buffer, sizeof(buffer), 0);
        if (length <= 0) {
          break;
        }
        request.append(buffer, static_cast<std::size_t>(length));
      }
      std::string_view rest = answer;
      while (!rest.empty()) {
        const ssize_t length = ::send(connection.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (length <= 0) {
          break;
        }
        rest.remove_prefix(static_cast<std::size_t>(length));
      }
    }
  }

  std::vector<std::string> answers_;
  Fd socket_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

std::string answer(std::string_view status, std::string_view body, std::string_view headers = "") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(), headers,
                     body);
}

class ImportUrlTest : public ImportTest {
 protected:
  std::optional<Error> url_error(const std::string& url) {
    return error_of([&] { import_url(store(), url, {}, {}, {}); });
  }
};

TEST_F(ImportUrlTest, ADownloadIsImported) {
  const std::string tar = make_tar({{"a", noise(3'000'000)}});
  const WebServer server({answer("302 Found", "", "Location: /moved\r\n"), answer("200 OK", tar)});
  std::uint64_t last = 0, all = 0;
  const auto id = import_source(store(), server.url(), {},
                                [&](std::uint64_t done, std::uint64_t total) {
                                  last = done;
                                  all = total;
                                },
                                {});
  EXPECT_EQ(manifest_of(id).layers()[0].digest, oci::Digest::of(tar));
  EXPECT_EQ(read_config(store(), id).history()[0].comment, "Imported from " + server.url());
  EXPECT_EQ(last, tar.size());
  EXPECT_EQ(all, tar.size());
}

TEST_F(ImportUrlTest, WhatTheServerRefusesIsAnError) {
  const WebServer server({answer("404 Not Found", "no"), answer("403 Forbidden", "no"), answer("500 Oops", "no")});
  EXPECT_EQ(url_error(server.url())->code(), Code::not_found);
  EXPECT_EQ(url_error(server.url())->code(), Code::permission_denied);
  const auto error = url_error(server.url());
  EXPECT_EQ(error->code(), Code::unavailable);
  EXPECT_EQ(error->message(), "download " + server.url() + ": the server answered with HTTP status 500");
}

TEST_F(ImportUrlTest, ADownloadThatIsCutShortIsAnErrorAndLeavesNothing) {
  const std::string tar = make_tar({{"a", noise(100'000)}});
  std::string cut = answer("200 OK", tar);
  cut.resize(cut.size() - 1024);  // the tar itself is whole but for its end marker
  const WebServer server({cut});
  EXPECT_EQ(url_error(server.url())->code(), Code::unavailable);
  EXPECT_THAT(store().images(), IsEmpty());
}

TEST_F(ImportUrlTest, RedirectsAreBoundedAndStayOnTheWeb) {
  const std::vector<std::string> circle(11, answer("302 Found", "", "Location: /again\r\n"));
  const WebServer server(circle);
  EXPECT_THAT(url_error(server.url())->message(), HasSubstr("redirected more than 10 times"));
  test::spill(directory() / "local.tar", make_tar({{"a", "1"}}));
  const auto location = fmt::format("Location: file://{}\r\n", (directory() / "local.tar").native());
  const WebServer traitor({answer("302 Found", "", location)});
  EXPECT_EQ(url_error(traitor.url())->code(), Code::permission_denied);
}

TEST_F(ImportUrlTest, OtherUrlsAreRefused) {
  EXPECT_EQ(url_error("file:///etc/passwd")->code(), Code::invalid_argument);
  EXPECT_EQ(url_error("http://")->code(), Code::invalid_argument);
  std::string gone;
  {
    const WebServer server({});
    gone = server.url();
  }
  EXPECT_EQ(url_error(gone)->code(), Code::unavailable);
}

TEST_F(ImportUrlTest, CredentialsAreNotShown) {
  const WebServer server({answer("404 Not Found", "no")});
  std::string url = server.url();
  url.insert(7, "me:secret@");
  EXPECT_EQ(url_error(url)->message(), "download " + server.url() + ": the server answered with HTTP status 404");
}

TEST_F(ImportUrlTest, ADownloadCanBeCancelled) {
  const WebServer server({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"});
  const CancelToken cancel;
  cancel.request();
  EXPECT_THROW(import_url(store(), server.url(), {}, {}, cancel), Cancelled);
}

}  // namespace
}  // namespace nacre::image
