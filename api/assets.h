#pragma once

#include <string_view>

namespace lumbung::api {

/// A file that the program carries and serves as it is: the description of the API and the page that
/// shows it. Immutable, any thread. assets.cc is written at build time by embed_assets.py.
struct Asset {
  std::string_view path;          ///< as in the URL: "/docs/init.js"
  std::string_view content_type;  ///< as in the header of the same name
  std::string_view body;
  std::string_view etag;  ///< a strong entity tag with its quotes; another body has another one
};

/// The asset served at `path` (no query, percent-decoded); nullptr when there is none.
const Asset* find_asset(std::string_view path);

}  // namespace lumbung::api
