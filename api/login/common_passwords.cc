#include "api/login/common_passwords.h"

#include <algorithm>
#include <iterator>

namespace lumbung::api::login {
namespace {

// clang-format off
constexpr std::string_view kCommon[] = {  // sorted
    "0000000000", "0000000000o", "0102030405", "0192837465", "0987654321q", "1020304050",
    "1029384756", "1111111111", "1122334455", "112233445566", "1123581321", "1213141516",
    "1234509876", "1234554321", "12345654321", "123456654321", "1234567890", "12345678900",
    "1234567890a", "1234567890q", "1234567890z", "1234567891", "12345678910", "123456789123",
    "1234567899", "123456789987654321", "123456789a", "123456789d", "123456789k", "123456789l",
    "123456789m", "123456789o", "123456789p", "123456789q", "123456789qwe", "123456789r",
    "123456789s", "123456789v", "123456789z", "123456qwerty", "12345qwert", "12345qwerty",
    "123hfjdk147", "123qweasdzxc", "1357908642", "1357924680", "17171717aa", "17agustus1945",
    "1a2b3c4d5e", "1a2s3d4f5g", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv",
    "1qazxsw23edc", "1z2x3c4v5b", "3216732167", "3rjs1la7qe", "4815162342", "5hsu75kpot",
    "7894561230", "7ugd5hip2j", "8phrowz622", "8phrowz624", "9293709b13", "987654321a",
    "987654321q", "a123456789", "a1a2a3a4a5", "a1b2c3d4e5", "a1s2d3f4g5", "aaaaaaaaaa",
    "abracadabra", "abrakadabra", "admin12345", "admin123456", "adminadmin", "administrator",
    "akucintakamu", "aleksander", "aleksandra", "alessandro", "alexander1", "alhamdulillah",
    "anastasiya", "armageddon", "asdfg12345", "assalamualaikum", "astaghfirullah", "astalavista",
    "azertyuiop", "bandung123", "bendahara1", "bendahara123", "bismillah1", "bismillah123",
    "bismillah786", "blackberry", "bondarenko", "braveheart", "callofduty", "cantik1234",
    "casablanca", "charlie123", "chickenwing101", "christophe", "cintaku123", "comicbookdb",
    "contortionist", "cxfcnkbdfz", "darthvader", "desa123456", "deutschland", "devilmaycry",
    "dhjnvytyjub", "dkflbvbhjdbx", "dkflbvbhjdyf", "domainlock2005", "doraemon123", "enterprise",
    "evanescence", "evangelion", "finalfantasy", "fktrcfylhf", "flvbybcnhfnjh", "friendster",
    "ganteng123", "garudaindonesia", "gfhjkmgfhjkm", "ghbdtndctv", "ghbdtnrfrltkf", "ghhh47hj7649",
    "ghjcnbnenrf", "ghjcnjgfhjkm", "ghostrider", "goldfinger", "good123654", "greedisgood",
    "groupd2013", "harrypotter", "hd764nw5d7e1vb1", "hellokitty", "highlander", "htubcnhfwbz",
    "indonesia1", "indonesia123", "indonesia1945", "indonesia45", "indonesiaku", "indonesiaraya",
    "insyaallah", "ironmaiden", "j3qq4h7h2v", "jakarta123", "justinbieber", "katasandi1",
    "katasandi123", "konstantin", "koperasi123", "koperasi2025", "koperasi2026", "koperasidesa",
    "koperasiku", "koperasimerahputih", "lamborghini", "leavemealone", "lifeisgood", "limpbizkit",
    "liverpool1", "lockerroom", "losangeles", "lumbung123", "lumbungdesa", "lupapassword",
    "lupasandi1", "madagaskar", "mailcreated5240", "manchester", "mapet123456", "mastermind",
    "maurolarastefy", "maximilian", "merahputih", "merahputih1", "merahputih123", "merdeka123",
    "merdeka1945", "metallica1", "microphone", "montecarlo", "montgom240", "mostwanted",
    "motdepasse", "motherlode", "multiplelo", "mypassword", "needforspeed", "newproject2004",
    "nopassword", "nthvbyfnjh", "nuttertools", "opensesame", "pancasila1", "pancasila123",
    "password01", "password11", "password12", "password123", "password99", "passwordku",
    "pathfinder", "pengurus123", "persib1933", "persija1928", "playstation", "poiuytrewq",
    "pokemon123", "polniypizdec0211", "porsche911", "pufunga7782", "q123456789", "q1q2q3q4q5",
    "q1w2e3r4t5", "q1w2e3r4t5y6", "qawsedrftg", "qazwsxedc1", "qazwsxedc123", "qazwsxedcrfv",
    "qazwsxedcrfvtgb", "quant4307s", "qweasdzxc123", "qwerasdfzxcv", "qwert12345", "qwerty1234",
    "qwerty12345", "qwerty123456", "qwerty1945", "qwertyuiop", "rahasia123", "rahasiaku1",
    "realmadrid", "rfhfvtkmrf", "rjirfrgbde", "rjycnfynby", "roadrunner", "ronaldinho",
    "salamander", "sandi12345", "sayangkamu", "sayangku123", "sayangmama", "sersolution",
    "shevchenko", "simpanpinjam", "simpanpinjam1", "skateboard", "sojdlg123aljg", "sonyericsson",
    "soso123aljg", "spartan117", "spiderman1", "strawberry", "subhanallah", "summertime",
    "supersonic", "surabaya123", "syncmaster", "terminator", "tinkerbell", "tokiohotel",
    "translator", "undertaker", "vflfufcrfh", "vfntvfnbrf", "volkswagen", "vqsablpzla",
    "vsjasnel12", "wachtwoord", "watermelon", "websolutions", "yfnfitymrf", "yjdsqgfhjkm",
    "z1x2c3v4b5", "zxcasdqwe123", "zxcvb12345", "zxcvbnm123",
};
// clang-format on
static_assert(std::is_sorted(std::begin(kCommon), std::end(kCommon)));

}  // namespace

bool is_common_password(std::string_view lower_case) {
  return std::binary_search(std::begin(kCommon), std::end(kCommon), lower_case);
}

}  // namespace lumbung::api::login
