#include "engine/chart.h"

#include <algorithm>
#include <array>

namespace lumbung::engine {
namespace {

constexpr auto A = AccountType::kAsset;
constexpr auto L = AccountType::kLiability;
constexpr auto Q = AccountType::kEquity;
constexpr auto I = AccountType::kIncome;
constexpr auto X = AccountType::kExpense;
constexpr auto M = AccountType::kMemo;
constexpr auto D = Side::kDebit;
constexpr auto C = Side::kCredit;
constexpr bool kSum = true;    // control account
constexpr bool kPost = false;  // takes postings itself
constexpr bool kFloor = true;
constexpr bool kFree = false;

constexpr std::array kDefault{
    ChartRow{"1101", "Kas besar (brankas)", A, D, kPost, kFloor, "vault"},
    ChartRow{"1102", "Kas kasir", A, D, kSum, kFree, "tills"},
    ChartRow{"1103", "Kas dalam perjalanan / kolektor", A, D, kSum, kFree, "cash_in_transit"},
    ChartRow{"1201", "Bank giro/tabungan", A, D, kSum, kFree, "banks"},
    ChartRow{"1202", "Penempatan simpanan berjangka di bank/koperasi lain", A, D, kPost, kFloor,
             "placements"},
    ChartRow{"1301", "Piutang pinjaman anggota, pokok", A, D, kSum, kFree, "loan_principal"},
    ChartRow{"1302", "Piutang bunga akrual", A, D, kSum, kFree, "loan_interest_receivable"},
    ChartRow{"1308", "Provisi ditangguhkan", A, C, kPost, kFree, "deferred_fees"},
    ChartRow{"1309", "Penyisihan penghapusan piutang", A, C, kPost, kFree, "loan_provision"},
    ChartRow{"1401", "Piutang penyelesaian QRIS / VA", A, D, kSum, kFree, "settlement_receivable"},
    ChartRow{"1402", "Piutang agen remitansi", A, D, kSum, kFree, "remittance_operators"},
    ChartRow{"1403", "Piutang selisih kas", A, D, kPost, kFree, "cash_shortage"},
    ChartRow{"1404", "Piutang PPh dipotong kurang", A, D, kPost, kFree, "tax_undercollected"},
    ChartRow{"1501", "Aset tetap", A, D, kPost, kFloor, "fixed_assets"},
    ChartRow{"1509", "Akumulasi penyusutan", A, C, kPost, kFree, "depreciation"},
    ChartRow{"2101", "Simpanan sukarela", L, C, kSum, kFree, "voluntary_savings"},
    ChartRow{"2102", "Simpanan berjangka", L, C, kSum, kFree, "term_savings"},
    ChartRow{"2103", "Simpanan khusus", L, C, kSum, kFree, "purpose_savings"},
    ChartRow{"2201", "Titipan remitansi belum diambil", L, C, kSum, kFree, "remittance_payable"},
    ChartRow{"2202", "Titipan dana tak dikenal", L, C, kPost, kFloor, "suspense"},
    ChartRow{"2203", "Titipan angsuran dibayar di muka", L, C, kSum, kFree, "prepaid_instalments"},
    ChartRow{"2204", "Titipan selisih lebih kas", L, C, kPost, kFree, "cash_overage"},
    ChartRow{"2301", "Bunga simpanan yang masih harus dibayar", L, C, kPost, kFree,
             "savings_interest_payable"},
    ChartRow{"2302", "Utang PPh final bunga simpanan", L, C, kPost, kFree, "tax_payable"},
    ChartRow{"2401", "Dana-dana SHU", L, C, kPost, kFree, "surplus_funds"},
    ChartRow{"2402", "SHU anggota belum dibayar", L, C, kSum, kFree, "surplus_payable"},
    ChartRow{"2501", "Utang bank / koperasi sekunder", L, C, kPost, kFree, "borrowings"},
    ChartRow{"3101", "Simpanan pokok", Q, C, kSum, kFree, "principal_savings"},
    ChartRow{"3102", "Simpanan wajib", Q, C, kSum, kFree, "mandatory_savings"},
    ChartRow{"3201", "Dana cadangan umum", Q, C, kPost, kFree, "general_reserve"},
    ChartRow{"3202", "Cadangan tujuan risiko", Q, C, kPost, kFree, "risk_reserve"},
    ChartRow{"3301", "Hibah / donasi", Q, C, kPost, kFree, "grants"},
    ChartRow{"3901", "SHU tahun lalu belum dibagi", Q, C, kPost, kFree, "surplus_last_year"},
    ChartRow{"3902", "SHU tahun berjalan", Q, C, kPost, kFree, "surplus_this_year"},
    ChartRow{"4101", "Pendapatan bunga pinjaman anggota", I, C, kPost, kFree, "loan_interest"},
    ChartRow{"4102", "Pendapatan bunga dari koperasi lain / bank", I, C, kPost, kFree,
             "placement_interest"},
    ChartRow{"4201", "Provisi", I, C, kPost, kFree, "fees_amortised"},
    ChartRow{"4202", "Administrasi", I, C, kPost, kFree, "administration_fees"},
    ChartRow{"4203", "Denda", I, C, kPost, kFree, "penalties"},
    ChartRow{"4204", "Komisi remitansi", I, C, kPost, kFree, "remittance_commission"},
    ChartRow{"4901", "Selisih pembulatan", I, C, kPost, kFree, "rounding"},
    ChartRow{"5101", "Beban bunga simpanan sukarela", X, D, kPost, kFree, "savings_interest"},
    ChartRow{"5102", "Beban bunga simpanan berjangka", X, D, kPost, kFree, "term_interest"},
    ChartRow{"5201", "Beban penyisihan piutang", X, D, kPost, kFree, "provision_expense"},
    ChartRow{"5301", "Beban gaji", X, D, kPost, kFree, "wages"},
    ChartRow{"5302", "Beban operasional", X, D, kPost, kFree, "operating_expense"},
    ChartRow{"5303", "Beban penyusutan", X, D, kPost, kFree, "depreciation_expense"},
    ChartRow{"5304", "Beban MDR QRIS", X, D, kPost, kFree, "qris_fees"},
    ChartRow{"5305", "Biaya bank", X, D, kPost, kFree, "bank_charges"},
    ChartRow{"5901", "Pajak penghasilan badan", X, D, kPost, kFree, "income_tax"},
    ChartRow{"8101", "Memo: kartu hapus buku", M, D, kPost, kFree, "written_off"},
    ChartRow{"8901", "Lawan memo", M, C, kPost, kFree, "memo_contra"},
};

}  // namespace

std::span<const ChartRow> default_chart() { return kDefault; }

const ChartRow* find_role(std::span<const ChartRow> chart, std::string_view role) {
  const auto found =
      std::find_if(chart.begin(), chart.end(), [&](const ChartRow& r) { return r.role == role; });
  return found == chart.end() ? nullptr : &*found;
}

std::string_view title_of(std::string_view code) {
  const auto found = std::find_if(kDefault.begin(), kDefault.end(),
                                  [&](const ChartRow& r) { return r.code == code; });
  return found == kDefault.end() ? std::string_view{} : found->title;
}

std::vector<OpenAccount> opening_commands(std::span<const ChartRow> chart, Currency currency) {
  std::vector<OpenAccount> commands;
  for (const ChartRow& row : chart) {
    OpenAccount open;
    open.code = std::string(row.code);
    open.type = row.type;
    open.normal = row.normal;
    open.currency = currency;
    open.is_control = row.is_control;
    if (row.may_not_overdraw) open.floor = Amount{0};
    commands.push_back(std::move(open));
  }
  return commands;
}

}  // namespace lumbung::engine
