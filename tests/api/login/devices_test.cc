#include "api/login/devices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace lumbung::api::login {
namespace {

const engine::CoopId kDesa = *engine::CoopId::parse("DESA");
const engine::CoopId kKota = *engine::CoopId::parse("KOTA");

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::vector<std::vector<std::string>> rows_of(const char* file) {
  std::ifstream in(std::string(LUMBUNG_TEST_DATA_DIR "/") + file);
  EXPECT_TRUE(in) << file;
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    rows.emplace_back(std::istream_iterator<std::string>(words),
                      std::istream_iterator<std::string>());
  }
  return rows;
}

storage::Hash hash_of(std::string_view bytes) {
  storage::Hash hash{};
  EXPECT_EQ(bytes.size(), hash.size());
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

/// The order of P-256's group (SEC 2, 2.4.2).
const std::string kOrder =
    unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/// order - s, big-endian.
std::string negated(std::string_view s) {
  std::string result(32, '\0');
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference =
        static_cast<unsigned char>(kOrder[i]) - static_cast<unsigned char>(s[i]) - borrow;
    borrow = difference < 0 ? 1 : 0;
    result[i] = static_cast<char>(difference & 0xff);
  }
  return result;
}

// RFC 6979, A.2.5.
const std::string kRfcKey = unhex(
    "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
const std::string kSampleR =
    unhex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716");
const std::string kSampleS =
    unhex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
const std::string kTestSignature = unhex(
    "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083");

TEST(DeviceKeyTest, VerifiesWhatRfc6979Signs) {
  const auto key = DeviceKey::parse(kRfcKey);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->raw(), kRfcKey);
  EXPECT_TRUE(key->verify("sample", kSampleR + kSampleS));
  EXPECT_TRUE(key->verify("test", kTestSignature)) << "an s that begins with zeros";
  EXPECT_FALSE(key->verify("test", kSampleR + kSampleS));
  EXPECT_FALSE(key->verify("sample", kTestSignature));
  EXPECT_TRUE(key->verify("sample", kSampleR + negated(kSampleS)));
}

TEST(DeviceKeyTest, ASignatureHasOneFormAndItsNumbersARange) {
  const auto key = DeviceKey::parse(kRfcKey);
  const std::string good = kSampleR + kSampleS;
  const std::string zero(32, '\0');
  const std::string one = std::string(31, '\0') + '\x01';
  for (const std::string& bad :
       {std::string(), good.substr(1), good + '\0', std::string(1, '\0') + good, zero + zero,
        zero + kSampleS, kSampleR + zero, kOrder + kSampleS, kSampleR + kOrder, kSampleS + kSampleR,
        one + one, std::string(64, '\xff'), "\x30\x45\x02\x21" + good}) {
    EXPECT_FALSE(key->verify("sample", bad)) << storage::hex(bad);
  }
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    std::string changed = good;
    changed[byte] = static_cast<char>(changed[byte] ^ 1);
    EXPECT_FALSE(key->verify("sample", changed)) << byte;
  }
}

TEST(DeviceKeyTest, JudgesAsNistDoes) {
  int signatures = 0;
  int keys = 0;
  for (const auto& row : rows_of("nist_p256.txt")) {
    if (row[0] == "SIG") {
      const auto key = DeviceKey::parse("\x04" + unhex(row[2]) + unhex(row[3]));
      ASSERT_TRUE(key);
      EXPECT_EQ(key->verify(unhex(row[1]), unhex(row[4]) + unhex(row[5])), row[6] == "P") << row[1];
      ++signatures;
    } else {
      // A coordinate out of range takes more than 32 bytes there: it has no raw form at all.
      EXPECT_EQ(DeviceKey::parse("\x04" + unhex(row[1]) + unhex(row[2])).has_value(), row[3] == "P")
          << row[1];
      ++keys;
    }
  }
  EXPECT_EQ(signatures, 15);
  EXPECT_EQ(keys, 12);
}

TEST(DeviceKeyTest, OtherFormsAreNoKeys) {
  const std::string point = kRfcKey.substr(1);
  const std::string prefix = unhex("3059301306072a8648ce3d020106082a8648ce3d030107034200");
  ASSERT_TRUE(DeviceKey::parse(prefix + kRfcKey));
  EXPECT_EQ(DeviceKey::parse(prefix + kRfcKey), DeviceKey::parse(kRfcKey));
  std::string other_curve = prefix;  // prime192v2 in the place of prime256v1
  other_curve[22] = '\x02';
  const std::string p = unhex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  for (const std::string& bad :
       {std::string(), std::string(1, '\0'), point, "\x02" + point.substr(0, 32),
        "\x03" + point.substr(0, 32), "\x06" + point, "\x07" + point, kRfcKey + '\0',
        kRfcKey.substr(0, 64), "\x04" + std::string(64, '\0'), "\x04" + std::string(64, '\xff'),
        "\x04" + p + point.substr(32), prefix + kRfcKey + '\0', prefix + kRfcKey.substr(0, 64),
        other_curve + kRfcKey, prefix + point + '\0'}) {
    EXPECT_FALSE(DeviceKey::parse(bad)) << storage::hex(bad);
  }
}

TEST(SignedMessageTest, IsTheDocumentedBytes) {
  DeviceId device;
  device.bytes.fill(0xd0);
  storage::Hash subject;
  subject.fill(0x5a);
  const std::string message = signed_message(Purpose::kApprove, kDesa, device, subject);
  EXPECT_EQ(storage::hex(message),
            "6c756d62756e672e6465766963652e7631"
            "00"
            "04"
            "44455341000000000000000000000000"
            "d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0"
            "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
}

struct Signed {
  Purpose purpose;
  engine::CoopId coop;
  DeviceId device;
  storage::Hash subject;
  DeviceKey key;
  std::string signature;
};

// Made by Node's WebCrypto (tests/data/webcrypto_p256.mjs).
std::vector<Signed> made_by_webcrypto() {
  std::vector<Signed> all;
  for (const auto& row : rows_of("webcrypto_p256.txt")) {
    constexpr std::string_view kNames[] = {"login", "step_up", "register", "approve"};
    const auto name = std::find(std::begin(kNames), std::end(kNames), row[0]);
    const std::string device_bytes = unhex(row[2]);
    DeviceId device;
    std::copy(device_bytes.begin(), device_bytes.end(), device.bytes.begin());
    const auto raw = DeviceKey::parse(unhex(row[4]));
    EXPECT_TRUE(raw);
    EXPECT_EQ(DeviceKey::parse(unhex(row[5])), raw) << "SPKI and raw are one key";
    all.push_back({static_cast<Purpose>(name - std::begin(kNames) + 1),
                   *engine::CoopId::parse(row[1]), device, hash_of(unhex(row[3])), *raw,
                   unhex(row[6])});
  }
  EXPECT_EQ(all.size(), 8u);
  return all;
}

TEST(SignedMessageTest, BrowsersSignIt) {
  for (const Signed& s : made_by_webcrypto()) {
    const auto verified = [&](Purpose purpose, const engine::CoopId& coop, const DeviceId& device,
                              const storage::Hash& subject) {
      return s.key.verify(signed_message(purpose, coop, device, subject), s.signature);
    };
    EXPECT_TRUE(verified(s.purpose, s.coop, s.device, s.subject));
    for (const Purpose purpose :
         {Purpose::kLogin, Purpose::kStepUp, Purpose::kRegister, Purpose::kApprove}) {
      EXPECT_EQ(verified(purpose, s.coop, s.device, s.subject), purpose == s.purpose);
    }
    EXPECT_FALSE(verified(s.purpose, kKota, s.device, s.subject));
    EXPECT_FALSE(verified(s.purpose, s.coop, DeviceId{}, s.subject));
    EXPECT_FALSE(verified(s.purpose, s.coop, s.device, storage::Hash{}));
    EXPECT_EQ(approves(s.coop, s.device, s.key, s.subject, s.signature),
              s.purpose == Purpose::kApprove);
  }
}

/// Challenges that give out what WebCrypto has signed already.
class ChallengesTest : public testing::Test {
 protected:
  bool accept(const Signed& s) {
    return challenges_.accept(s.purpose, s.coop, s.device, s.key, s.subject, s.signature);
  }
  void give(const Signed& s) {
    next_ = s.subject;
    EXPECT_EQ(challenges_.give(s.purpose, s.coop, s.device), s.subject);
  }

  const std::vector<Signed> signed_ = made_by_webcrypto();
  std::int64_t now_us_ = 0;
  storage::Hash next_{};
  Challenges challenges_{
      [this] { return engine::Timestamp{now_us_}; },
      [this](std::span<unsigned char> out) { std::copy(next_.begin(), next_.end(), out.begin()); }};
};

TEST_F(ChallengesTest, AreUsedOnce) {
  for (const Signed& s : signed_) {
    EXPECT_FALSE(accept(s)) << "was not given";
    give(s);
    EXPECT_TRUE(accept(s));
    EXPECT_FALSE(accept(s));
  }
}

TEST_F(ChallengesTest, LiveForAMinute) {
  give(signed_[0]);
  now_us_ += 60 * kSecondUs - 1;
  EXPECT_TRUE(accept(signed_[0]));
  give(signed_[0]);
  now_us_ += 60 * kSecondUs;
  EXPECT_FALSE(accept(signed_[0]));
}

TEST_F(ChallengesTest, AreOfOneDevicePurposeAndSignature) {
  Signed stranger = signed_[0];
  stranger.device.bytes[0] ^= 1;
  give(signed_[0]);
  EXPECT_FALSE(accept(stranger));
  stranger = signed_[0];
  stranger.coop = kKota;
  EXPECT_FALSE(accept(stranger));
  EXPECT_TRUE(accept(signed_[0])) << "strangers used nothing up";

  Signed other = signed_[0];
  other.purpose = Purpose::kStepUp;
  give(signed_[0]);
  EXPECT_FALSE(accept(other));
  EXPECT_FALSE(accept(signed_[0])) << "used";

  other = signed_[0];
  other.signature[5] = static_cast<char>(other.signature[5] ^ 1);
  give(signed_[0]);
  EXPECT_FALSE(accept(other));
  EXPECT_FALSE(accept(signed_[0])) << "used";
}

TEST_F(ChallengesTest, ARevokedDevicesAreWorthNothing) {
  give(signed_[0]);
  give(signed_[1]);
  challenges_.forget(signed_[0].coop, signed_[0].device);
  EXPECT_FALSE(accept(signed_[0]));
  EXPECT_TRUE(accept(signed_[1]));
}

TEST_F(ChallengesTest, AreBoundedByDeviceAndInAll) {
  give(signed_[0]);
  for (std::uint8_t i = 1; i <= 4; ++i) {
    next_.fill(i);
    now_us_ += 1;
    ASSERT_TRUE(challenges_.give(Purpose::kLogin, signed_[0].coop, signed_[0].device));
  }
  EXPECT_FALSE(accept(signed_[0])) << "the fifth ended the oldest";

  Challenges many([this] { return engine::Timestamp{now_us_}; });
  for (std::size_t i = 0; i < Challenges::kMax; ++i) {
    DeviceId device;
    device.bytes[0] = static_cast<std::uint8_t>(i & 0xff);
    device.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    ASSERT_TRUE(many.give(Purpose::kLogin, kDesa, device));
  }
  EXPECT_FALSE(many.give(Purpose::kLogin, kKota, DeviceId{}));
  now_us_ += 60 * kSecondUs;
  EXPECT_TRUE(many.give(Purpose::kLogin, kKota, DeviceId{}));
}

}  // namespace
}  // namespace lumbung::api::login
