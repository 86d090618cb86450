// The escapes behind the template functions html, js and urlquery, as Go's text/template has them.
#pragma once

#include <string>
#include <string_view>

namespace nacre::cli {

std::string escape_html(std::string_view text);
std::string escape_js(std::string_view text);  // for a JavaScript string in any quotes, inside HTML or not
std::string escape_url_query(std::string_view text);

}  // namespace nacre::cli
