#include "engine/currency.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

namespace lumbung::engine {
namespace {

// Alphabetic and numeric codes as Debian's iso-codes 4.15.0 lists them, made with
//   python3 -c "import json; print(*sorted(c['alpha_3'] + c['numeric'] for c in
//   json.load(open('/usr/share/iso-codes/json/iso_4217.json'))['4217']))"
// without the thirteen codes that have no minor unit and the six withdrawn since (both below), and
// with the three that ISO 4217 amendments added since: ZWG, XCG, XAD.
constexpr const char* kCodes =
    "AED784 AFN971 ALL008 AMD051 AOA973 ARS032 AUD036 AWG533 AZN944 BAM977 BBD052 BDT050 "
    "BHD048 BIF108 BMD060 BND096 BOB068 BOV984 BRL986 BSD044 BTN064 BWP072 BYN933 BZD084 "
    "CAD124 CDF976 CHE947 CHF756 CHW948 CLF990 CLP152 CNY156 COP170 COU970 CRC188 CUP192 "
    "CVE132 CZK203 DJF262 DKK208 DOP214 DZD012 EGP818 ERN232 ETB230 EUR978 FJD242 FKP238 "
    "GBP826 GEL981 GHS936 GIP292 GMD270 GNF324 GTQ320 GYD328 HKD344 HNL340 HTG332 HUF348 "
    "IDR360 ILS376 INR356 IQD368 IRR364 ISK352 JMD388 JOD400 JPY392 KES404 KGS417 KHR116 "
    "KMF174 KPW408 KRW410 KWD414 KYD136 KZT398 LAK418 LBP422 LKR144 LRD430 LSL426 LYD434 "
    "MAD504 MDL498 MGA969 MKD807 MMK104 MNT496 MOP446 MRU929 MUR480 MVR462 MWK454 MXN484 "
    "MXV979 MYR458 MZN943 NAD516 NGN566 NIO558 NOK578 NPR524 NZD554 OMR512 PAB590 PEN604 "
    "PGK598 PHP608 PKR586 PLN985 PYG600 QAR634 RON946 RSD941 RUB643 RWF646 SAR682 SBD090 "
    "SCR690 SDG938 SEK752 SGD702 SHP654 SLE925 SOS706 SRD968 SSP728 STN930 SVC222 SYP760 "
    "SZL748 THB764 TJS972 TMT934 TND788 TOP776 TRY949 TTD780 TWD901 TZS834 UAH980 UGX800 "
    "USD840 USN997 UYI940 UYU858 UYW927 UZS860 VED926 VES928 VND704 VUV548 WST882 XAF950 "
    "XCD951 XOF952 XPF953 YER886 ZAR710 ZMW967 "
    "ZWG924 XCG532 XAD396";

// The exponents other than 2 in ISO 4217 list one; OpenJDK's copy of it
// (test/jdk/java/util/Currency/ISO4217-list-one.txt, amendment 179) agrees.
const std::map<std::string, int> kUnusualExponents = {
    {"BIF", 0}, {"CLP", 0}, {"DJF", 0}, {"GNF", 0}, {"ISK", 0}, {"JPY", 0}, {"KMF", 0},
    {"KRW", 0}, {"PYG", 0}, {"RWF", 0}, {"UGX", 0}, {"UYI", 0}, {"VND", 0}, {"VUV", 0},
    {"XAF", 0}, {"XOF", 0}, {"XPF", 0}, {"BHD", 3}, {"IQD", 3}, {"JOD", 3}, {"KWD", 3},
    {"LYD", 3}, {"OMR", 3}, {"TND", 3}, {"CLF", 4}, {"UYW", 4}};

TEST(Currency, KnowsEveryActiveCodeWithItsNumberAndExponent) {
  std::istringstream codes{kCodes};
  std::map<int, std::string> alpha_by_number;
  for (std::string code; codes >> code;) {
    const std::string alpha = code.substr(0, 3);
    const int numeric = std::stoi(code.substr(3));
    const auto unusual = kUnusualExponents.find(alpha);
    const int exponent = unusual == kUnusualExponents.end() ? 2 : unusual->second;
    const CurrencyInfo* info = find_currency(alpha);
    ASSERT_NE(info, nullptr) << alpha;
    EXPECT_EQ(info->alpha.data(), alpha);
    EXPECT_EQ(info->numeric, numeric) << alpha;
    EXPECT_EQ(info->exponent, exponent) << alpha;
    alpha_by_number[numeric] = alpha;
  }
  EXPECT_EQ(alpha_by_number.size(), 165U);

  for (int numeric = 0; numeric <= 0xFFFF; ++numeric) {
    const Currency currency{static_cast<std::uint16_t>(numeric)};
    const CurrencyInfo* info = find_currency(currency);
    const auto known = alpha_by_number.find(numeric);
    ASSERT_EQ(info != nullptr, known != alpha_by_number.end()) << numeric;
    if (info == nullptr) continue;
    EXPECT_EQ(info, find_currency(known->second));
    EXPECT_EQ(alpha_of(currency), known->second);
    EXPECT_EQ(exponent_of(currency), info->exponent);
  }
}

// domain.md 6.2, the currencies that migrant workers send.
TEST(Currency, KnowsTheCorridors) {
  struct Case {
    const char* alpha;
    std::uint16_t numeric;
    int exponent;
  };
  const Case cases[] = {{"IDR", 360, 2}, {"SAR", 682, 2}, {"MYR", 458, 2}, {"AED", 784, 2},
                        {"SGD", 702, 2}, {"QAR", 634, 2}, {"HKD", 344, 2}, {"KWD", 414, 3},
                        {"TWD", 901, 2}, {"BHD", 48, 3},  {"KRW", 410, 0}, {"OMR", 512, 3},
                        {"JPY", 392, 0}, {"JOD", 400, 3}, {"BND", 96, 2},  {"MOP", 446, 2},
                        {"USD", 840, 2}, {"AUD", 36, 2},  {"EUR", 978, 2}};
  for (const Case& c : cases) {
    EXPECT_EQ(alpha_of(Currency{c.numeric}), c.alpha);
    EXPECT_EQ(exponent_of(Currency{c.numeric}), c.exponent) << c.alpha;
  }
  EXPECT_EQ(alpha_of(kIDR), "IDR");
}

TEST(Currency, KnowsNothingElse) {
  // No minor unit in the list ("N.A."), then withdrawn by the end of 2025.
  for (const char* code : {"XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU",
                           "XTS", "XUA", "XXX", "ANG", "BGN", "CUC", "HRK", "SLL", "ZWL"})
    EXPECT_EQ(find_currency(code), nullptr) << code;
  for (const char* text :
       {"", "I", "ID", "idr", "Idr", "IDR ", " IDR", "IDRX", "AAA", "ZZZ", "360"})
    EXPECT_EQ(find_currency(text), nullptr) << text;
  EXPECT_EQ(find_currency(std::string_view("IDR\0", 4)), nullptr);
}

TEST(CurrencyDeathTest, StopsAtANumberThatIsNoCurrency) {
  EXPECT_DEATH((void)alpha_of(Currency{0}), "CHECK failed");
  EXPECT_DEATH((void)exponent_of(Currency{999}), "CHECK failed");
}

}  // namespace
}  // namespace lumbung::engine
