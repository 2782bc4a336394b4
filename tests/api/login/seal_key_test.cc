#include "api/login/seal_key.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "storage/ledger.h"
#include "tests/temporary_directory.h"

namespace lumbung::api::login {
namespace {

namespace fs = std::filesystem;

class SealKeyTest : public testing::Test {
 protected:
  void write(std::string_view bytes) { std::ofstream(path_, std::ios::binary) << bytes; }

  tests::TemporaryDirectory directory_;
  const fs::path path_ = directory_.path() / "login.key";
};

TEST_F(SealKeyTest, IsMadeOnceForItsOwnerAlone) {
  const Secret made = seal_key_of(directory_.path());
  EXPECT_EQ(made.view().size(), 32u);
  EXPECT_EQ(fs::file_size(path_), 32u);
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(seal_key_of(directory_.path()).view(), made.view());
  tests::TemporaryDirectory other;
  EXPECT_NE(seal_key_of(other.path()).view(), made.view());
  EXPECT_NE(new_seal_key().view(), new_seal_key().view());
}

TEST_F(SealKeyTest, WhatACrashLeftBesideIsNoKey) {
  std::ofstream(path_.string() + ".new", std::ios::binary) << "0123";
  EXPECT_EQ(seal_key_of(directory_.path()).view().size(), 32u);
  EXPECT_FALSE(fs::exists(path_.string() + ".new"));
}

TEST_F(SealKeyTest, IsRefusedWhenOthersMayReadItOrItIsNone) {
  write(std::string(32, 'k'));
  fs::permissions(path_, fs::perms::owner_read | fs::perms::group_read);
  EXPECT_THROW(seal_key_of(directory_.path()), storage::StoreError);
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(seal_key_of(directory_.path()).view(), std::string(32, 'k'));
  for (const std::size_t size : {0u, 31u, 33u}) {
    write(std::string(size, 'k'));
    EXPECT_THROW(seal_key_of(directory_.path()), storage::StoreError) << size;
  }
}

}  // namespace
}  // namespace lumbung::api::login
