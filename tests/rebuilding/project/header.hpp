#pragma once

// This is a word of a comment.
inline int answer() { return 42; }
