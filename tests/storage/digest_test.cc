#include "storage/digest.h"

#include <gtest/gtest.h>

#include <numeric>

namespace lumbung::tests {
namespace {

using namespace storage;

std::string rising(int from, int step) {
  std::string bytes(32, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(from);
    from += step;
  }
  return bytes;
}

// RFC 3720, B.4 "CRC Examples"; the first word of each as a little-endian number.
TEST(DigestTest, Crc32cOfRfc3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(rising(0, 1)), 0x46dd794eU);
  EXPECT_EQ(crc32c(rising(31, -1)), 0x113fdb5cU);
  // An iSCSI SCSI Read (10) command PDU.
  std::string pdu(48, '\0');
  for (const auto& [at, byte] : {std::pair{0, 0x01},
                                 {1, 0xc0},
                                 {16, 0x14},
                                 {22, 0x04},
                                 {27, 0x14},
                                 {31, 0x18},
                                 {32, 0x28},
                                 {40, 0x02}}) {
    pdu[static_cast<std::size_t>(at)] = static_cast<char>(byte);
  }
  EXPECT_EQ(crc32c(pdu), 0xd9963a56U);
  // The check value of CRC-32/ISCSI in the catalogue of parametrised CRC algorithms.
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(DigestTest, Crc32cIsExtendedAnywhere) {
  std::string bytes(100, '\0');
  std::iota(bytes.begin(), bytes.end(), 'x');
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    const std::string_view all = bytes;
    EXPECT_EQ(crc32c_extend(crc32c(all.substr(0, i)), all.substr(i)), crc32c(all)) << i;
  }
}

// FIPS 180-2, B.1 to B.3, and the empty message of NIST's SHA256ShortMsg.
TEST(DigestTest, Sha256OfFips180) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(DigestTest, Sha256InPieces) {
  for (std::size_t piece = 1; piece < 70; ++piece) {
    Sha256 hash;
    const std::string message(1000, 'a');
    for (std::size_t at = 0; at < message.size(); at += piece) {
      hash.update(std::string_view(message).substr(at, piece));
    }
    EXPECT_EQ(hash.finish(), sha256(message));
  }
}

// The vectors of the transparency-dev/merkle hasher: the empty leaf and "L123456".
TEST(DigestTest, LeafHashOfRfc6962) {
  EXPECT_EQ(hex(leaf_hash("")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(hex(leaf_hash("L123456")),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
}

// RFC 4648, section 10, in lower case.
TEST(DigestTest, Hex) {
  EXPECT_EQ(hex(std::string_view("")), "");
  EXPECT_EQ(hex(std::string_view("foobar")), "666f6f626172");
  EXPECT_EQ(hex(std::string_view("\0\x7f\x80\xff", 4)), "007f80ff");
}

TEST(DigestTest, HashesAreReadInOneForm) {
  const Hash hash = sha256("abc");
  const std::string text = hex(hash);
  EXPECT_EQ(parse_hash(text), hash);
  EXPECT_EQ(parse_hash(text.substr(1)), std::nullopt);
  EXPECT_EQ(parse_hash(text + "0"), std::nullopt);
  EXPECT_EQ(parse_hash(""), std::nullopt);
  EXPECT_EQ(parse_hash("BA" + text.substr(2)), std::nullopt);
  for (const char wrong : {'g', 'A', '/', ':', '`', ' ', '\0'}) {
    std::string other = text;
    other[10] = wrong;
    EXPECT_EQ(parse_hash(other), std::nullopt) << wrong;
    other = text;
    other[11] = wrong;
    EXPECT_EQ(parse_hash(other), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace lumbung::tests
