// The version of mica that a program is compiled against.

#pragma once

/// The project's version; the build checks that it is (actors/plugin).
#define MICA_VERSION_TEXT "0.1.0"
