#define CAF_SUITE memory_sockets

#include "memory/memory_sockets.hpp"

#include <caf/test/unit_test.hpp>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace mica::net;

CAF_TEST(each address is another one and all are of this process) {
  socket_folder folder;
  auto one = folder.next_address();
  auto two = folder.next_address();
  CAF_REQUIRE(one && two);
  CAF_CHECK_NOT_EQUAL(*one, *two);
  CAF_CHECK(socket_folder::is_ours(*one));
  socket_folder other;
  auto three = other.next_address();
  CAF_REQUIRE(three);
  CAF_CHECK(socket_folder::is_ours(*three));
}

CAF_TEST(addresses elsewhere are not of this process) {
  CAF_CHECK(!socket_folder::is_ours("127.0.0.1:80"));
  CAF_CHECK(!socket_folder::is_ours("unix:/tmp/other"));
  CAF_CHECK(!socket_folder::is_ours("unix:/tmp/mica-memory-1-abcdef/1"));
  CAF_CHECK(!socket_folder::is_ours(""));
}

CAF_TEST(nobody else may enter the folder and it goes with its owner) {
  std::string path;
  {
    socket_folder folder;
    auto address = folder.next_address();
    CAF_REQUIRE(address);
    path = std::filesystem::path{address->substr(5)}.parent_path();
    struct stat info {};
    CAF_REQUIRE_EQUAL(stat(path.c_str(), &info), 0);
    CAF_CHECK_EQUAL(info.st_mode & 0777u, 0700u);
  }
  CAF_CHECK(!std::filesystem::exists(path));
}
