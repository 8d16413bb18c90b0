/// The page's own files as text, and the hashes by which its policy knows them. Made by CMake from the files beside
/// this one (cmake/embed_page.cmake).
#pragma once

#include <string_view>

namespace wengert::graph::page {

extern const std::string_view html;         ///< with {{policy}}, {{title}}, {{style}}, {{data}} and {{script}} in it
extern const std::string_view style;        ///< CSS
extern const std::string_view script;       ///< JavaScript, all files of it
extern const std::string_view style_hash;   ///< "sha256-…"
extern const std::string_view script_hash;  ///< likewise

}  // namespace wengert::graph::page
