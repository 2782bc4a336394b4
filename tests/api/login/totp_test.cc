#include "api/login/totp.h"

#include <gtest/gtest.h>

namespace lumbung::api::login {
namespace {

constexpr std::string_view kKey = "12345678901234567890";  // of both RFCs

engine::Timestamp at_second(std::int64_t second) {
  return {second * kSecondUs};
}

TEST(HotpTest, IsRfc4226AppendixD) {
  constexpr std::string_view kCodes[] = {"755224", "287082", "359152", "969429", "338314",
                                         "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t counter = 0; counter < std::size(kCodes); ++counter) {
    EXPECT_EQ(hotp(kKey, counter, 6), kCodes[counter]);
  }
}

TEST(TotpTest, IsRfc6238AppendixB) {
  struct Row {
    std::int64_t second;
    std::int64_t step;
    std::string_view code;
  };
  for (const auto& [second, step, code] :
       {Row{59, 0x1, "94287082"}, Row{1111111109, 0x23523EC, "07081804"},
        Row{1111111111, 0x23523ED, "14050471"}, Row{1234567890, 0x273EF07, "89005924"},
        Row{2000000000, 0x3F940AA, "69279037"}, Row{20000000000, 0x27BC86AA, "65353130"}}) {
    EXPECT_EQ(totp_step(at_second(second)), step);
    EXPECT_EQ(hotp(kKey, static_cast<std::uint64_t>(step), 8), code);
    // Six digits are the last six of eight.
    EXPECT_EQ(totp_accept(kKey, code.substr(2), at_second(second), 0), step);
  }
}

TEST(TotpTest, OneStepBeforeAndAfterIsAccepted) {
  const std::string_view code = "081804";  // of the step that ends at 1111111110
  constexpr std::int64_t kStep = 0x23523EC;
  EXPECT_EQ(totp_accept(kKey, code, at_second(1111111110 - 61), 0), std::nullopt);
  EXPECT_EQ(totp_accept(kKey, code, at_second(1111111110 - 60), 0), kStep);
  EXPECT_EQ(totp_accept(kKey, code, at_second(1111111110 - 1), 0), kStep);
  EXPECT_EQ(totp_accept(kKey, code, at_second(1111111110), 0), kStep);
  EXPECT_EQ(totp_accept(kKey, code, at_second(1111111110 + 29), 0), kStep);
  EXPECT_EQ(totp_accept(kKey, code, at_second(1111111110 + 30), 0), std::nullopt);
}

TEST(TotpTest, NoStepIsUsedTwiceNorAnEarlierOneAfterIt) {
  constexpr std::int64_t kStep = 0x23523EC;
  const auto now = at_second(1111111109);
  EXPECT_EQ(totp_accept(kKey, "081804", now, kStep - 1), kStep);
  EXPECT_EQ(totp_accept(kKey, "081804", now, kStep), std::nullopt);
  EXPECT_EQ(totp_accept(kKey, "081804", now, kStep + 1), std::nullopt);
}

TEST(TotpTest, OtherTextsAreNoCodes) {
  for (const std::string_view bad : {"", "81804", "0081804", "081805", " 81804", "O81804"}) {
    EXPECT_EQ(totp_accept(kKey, bad, at_second(1111111109), 0), std::nullopt) << bad;
  }
}

TEST(TotpTest, StepsBeginAtZero) {
  EXPECT_EQ(totp_step(at_second(-1)), 0);
  EXPECT_EQ(totp_step(at_second(29)), 0);
  EXPECT_EQ(totp_step(at_second(30)), 1);
  EXPECT_EQ(totp_accept(kKey, "755224", at_second(0), -1), 0);
}

TEST(TotpTest, ASecretHas160Bits) {
  const Secret secret = new_totp_secret([](std::span<unsigned char> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<unsigned char>(kKey[i]);
  });
  EXPECT_EQ(secret.view(), kKey);
  const RandomBytes random = or_random_bytes({});
  EXPECT_NE(new_totp_secret(random).view(), new_totp_secret(random).view());
}

// RFC 4648, section 10, without the padding.
TEST(Base32Test, IsThatOfRfc4648) {
  EXPECT_EQ(base32(""), "");
  EXPECT_EQ(base32("f"), "MY");
  EXPECT_EQ(base32("fo"), "MZXQ");
  EXPECT_EQ(base32("foo"), "MZXW6");
  EXPECT_EQ(base32("foob"), "MZXW6YQ");
  EXPECT_EQ(base32("fooba"), "MZXW6YTB");
  EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
}

// The secret in base32 is what oathtool -v --totp prints for this key.
TEST(OtpauthTest, IsWhatAuthenticatorsRead) {
  EXPECT_EQ(otpauth_uri("KSP Sumber/Rejeki", "siti@desa", kKey).view(),
            "otpauth://totp/KSP%20Sumber%2FRejeki:siti%40desa"
            "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=KSP%20Sumber%2FRejeki"
            "&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace lumbung::api::login
