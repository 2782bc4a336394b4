#include "api/login/credentials.h"

#include <sodium.h>

#include <charconv>
#include <limits>

#include "api/json.h"
#include "engine/check.h"

namespace lumbung::api::login {
namespace {

constexpr std::string_view kBeside = "login/";
constexpr std::string_view kSealContext = "lumbung.totp.v1";
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSealedBytes = kNonceBytes + kTotpSecretBytes + kTagBytes;
static_assert(Credentials::kSealKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

std::string beside_key(const UserId& user) {
  return std::string(kBeside)
      .append(user.coop.text())
      .append("/")
      .append(std::to_string(user.principal.value));
}

std::optional<UserId> parse_key(std::string_view key) {
  key.remove_prefix(kBeside.size());
  const std::size_t slash = key.find('/');
  if (slash == key.npos) return std::nullopt;
  const auto coop = engine::CoopId::parse(key.substr(0, slash));
  const std::string_view digits = key.substr(slash + 1);
  UserId user;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), user.principal.value);
  if (!coop || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  user.coop = *coop;
  return user;
}

/// What a seal is bound to: no user's can be put in another's place.
std::string bound_to(const UserId& user) {
  return std::string(kSealContext).append(1, '\0').append(beside_key(user));
}

}  // namespace

Credentials::Credentials(storage::Ledger& ledger, Secret seal_key, Clock clock, RandomBytes random)
    : ledger_(ledger),
      seal_key_(std::move(seal_key)),
      clock_(or_utc_clock(std::move(clock))),
      random_(or_random_bytes(std::move(random))) {
  CHECK(sodium_init() >= 0 && seal_key_.view().size() == kSealKeyBytes);
  for (const auto& [key, value] : ledger_.all_beside(kBeside)) {
    const auto user = parse_key(key);
    auto record = decode(value);
    if (user && record) records_.emplace(*user, std::move(*record));
  }
}

std::optional<Credentials::Known> Credentials::find(const UserId& user) const {
  const std::shared_lock lock(mutex_);
  const auto found = records_.find(user);
  if (found == records_.end()) return std::nullopt;
  return known_of(found->second);
}

std::vector<std::pair<UserId, Credentials::Known>> Credentials::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::pair<UserId, Known>> rows;
  for (const auto& [user, record] : records_) rows.emplace_back(user, known_of(record));
  return rows;
}

bool Credentials::has_lost_totp(const UserId& user) const {
  const Record record = record_of(user);
  return !record.sealed_totp.empty() && !unseal(user, record.sealed_totp);
}

void Credentials::set_password(const UserId& user, std::string_view hash, Chosen chosen) {
  const std::lock_guard writing(writing_);
  Record record = record_of(user);
  record.password_hash = hash;
  record.one_time = chosen == Chosen::kForUser;
  record.setting = ++settings_;
  record.wrong_tries = 0;
  record.changed = clock_();
  write(user, std::move(record));
}

void Credentials::replace_hash(const UserId& user, std::string_view old_hash,
                               std::string_view hash) {
  const std::lock_guard writing(writing_);
  Record record = record_of(user);
  if (record.password_hash != old_hash) return;
  record.password_hash = hash;
  write(user, std::move(record));
}

void Credentials::set_totp(const UserId& user, const Secret& secret, std::int64_t used_step) {
  CHECK(secret.view().size() == kTotpSecretBytes);
  const std::lock_guard writing(writing_);
  Record record = record_of(user);
  record.sealed_totp = seal(user, secret.view());
  record.last_step = used_step;
  record.changed = clock_();
  write(user, std::move(record));
}

void Credentials::clear_totp(const UserId& user) {
  const std::lock_guard writing(writing_);
  Record record = record_of(user);
  if (record.sealed_totp.empty()) return;
  record.sealed_totp.clear();
  record.last_step = 0;
  record.changed = clock_();
  write(user, std::move(record));
}

bool Credentials::use_totp(const UserId& user, std::string_view code) {
  const std::lock_guard writing(writing_);
  Record record = record_of(user);
  const auto secret = unseal(user, record.sealed_totp);
  if (!secret) return false;
  const auto step = totp_accept(secret->view(), code, clock_(), record.last_step);
  if (!step) return false;
  record.last_step = *step;
  write(user, std::move(record));
  return true;
}

void Credentials::count_wrong(const UserId& user) {
  const std::lock_guard writing(writing_);
  if (!find(user)) return;
  Record record = record_of(user);
  if (record.wrong_tries < std::numeric_limits<std::uint32_t>::max()) ++record.wrong_tries;
  write(user, std::move(record));
}

void Credentials::clear_wrong(const UserId& user) {
  const std::lock_guard writing(writing_);
  Record record = record_of(user);
  if (record.wrong_tries == 0) return;
  record.wrong_tries = 0;
  write(user, std::move(record));
}

void Credentials::forget(const UserId& user) {
  const std::lock_guard writing(writing_);
  ledger_.set_beside(beside_key(user), std::nullopt);
  const std::lock_guard lock(mutex_);
  records_.erase(user);
}

std::string Credentials::encode(const Record& record) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  if (record.password_hash) out.member("password", std::string_view(*record.password_hash));
  if (record.one_time) out.member("once", true);
  if (!record.sealed_totp.empty())
    out.member("totp", std::string_view(base64url(record.sealed_totp)));
  out.member("step", record.last_step)
      .member("wrong", record.wrong_tries)
      .member("changed", record.changed.us)
      .end_object();
  return text;
}

std::optional<Credentials::Record> Credentials::decode(std::string_view text) {
  static constexpr json::FieldSpec kFields[] = {{"password"},
                                                {"once"},
                                                {"totp"},
                                                {"step", json::kRequired},
                                                {"wrong", json::kRequired},
                                                {"changed", json::kRequired}};
  Record record;
  json::Parser parser;
  const auto errors = parser.object(text, kFields, [&](std::size_t which, json::Value& value) {
    std::string_view word;
    std::uint64_t number = 0;
    switch (which) {
      case 0:
        if (!value.string(word)) return false;
        record.password_hash = word;
        return true;
      case 1:
        return value.boolean(record.one_time);
      case 2: {
        if (!value.string(word)) return false;
        auto sealed = from_base64url(word, kSealedBytes);
        if (!sealed) return value.fail("not a sealed secret");
        record.sealed_totp = std::move(*sealed);
        return true;
      }
      case 3:
        return value.integer(record.last_step, 0);
      case 4:
        if (!value.integer(number, 0, std::numeric_limits<std::uint32_t>::max())) return false;
        record.wrong_tries = static_cast<std::uint32_t>(number);
        return true;
      default:
        return value.integer(record.changed.us);
    }
  });
  if (!errors.empty()) return std::nullopt;
  return record;
}

Credentials::Known Credentials::known_of(const Record& record) {
  return {.password_hash = record.password_hash,
          .one_time = record.one_time,
          .has_totp = !record.sealed_totp.empty(),
          .wrong_tries = record.wrong_tries,
          .changed = record.changed,
          .setting = record.setting};
}

std::string Credentials::seal(const UserId& user, std::string_view secret) const {
  std::string sealed(kSealedBytes, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(sealed.data());
  random_({bytes, kNonceBytes});
  const std::string bound = bound_to(user);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + kNonceBytes, nullptr, bytes_of(secret),
                                             secret.size(), bytes_of(bound), bound.size(), nullptr,
                                             bytes, bytes_of(seal_key_.view()));
  return sealed;
}

std::optional<Secret> Credentials::unseal(const UserId& user, std::string_view sealed) const {
  if (sealed.size() != kSealedBytes) return std::nullopt;
  std::array<unsigned char, kTotpSecretBytes> plain;
  const std::string bound = bound_to(user);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain.data(), nullptr, nullptr, bytes_of(sealed) + kNonceBytes,
          kTotpSecretBytes + kTagBytes, bytes_of(bound), bound.size(), bytes_of(sealed),
          bytes_of(seal_key_.view())) != 0) {
    return std::nullopt;
  }
  Secret secret(view_of(plain));
  sodium_memzero(plain.data(), plain.size());
  return secret;
}

Credentials::Record Credentials::record_of(const UserId& user) const {
  const std::shared_lock lock(mutex_);
  const auto found = records_.find(user);
  return found == records_.end() ? Record{} : found->second;
}

void Credentials::write(const UserId& user, Record record) {
  // Readers are on io threads: the disk is not waited for under their lock.
  ledger_.set_beside(beside_key(user), encode(record));
  const std::lock_guard lock(mutex_);
  records_.insert_or_assign(user, std::move(record));
}

}  // namespace lumbung::api::login
