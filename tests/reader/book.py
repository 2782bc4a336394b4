"""The book that a journal tells, and what must hold of every event when it is told: the rules of
docs/journal-format.md ("Replay") and docs/accounting.md, in integers of any size."""

import datetime
import hashlib

from block_format import (
    ACCOUNT_CLOSED, ACCOUNT_OPENED, AMOUNT_MAX, DAY_CLOSED, ENTRIES, ENTRY, EXPIRED, FROZEN,
    GRANTED, HELD, LIMITS_SET, MONTH_CLOSED, NO_KEY, OPENED, REFUSED, RELEASED, REVERSED, REVOKED,
    SETTLED, SIMPLE, UNFROZEN)

TYPES = {1: "asset", 2: "liability", 3: "equity", 4: "income", 5: "expense", 6: "memo"}
SIDES = ("debit", "credit")
RUPIAH = 360
EPOCH = datetime.date(1970, 1, 1).toordinal()


def date_text(day):
    try:
        return datetime.date.fromordinal(EPOCH + day).isoformat()
    except (ValueError, OverflowError):
        return f"day {day}"


def month_of(day):
    date = datetime.date.fromordinal(EPOCH + day)
    return date.year * 12 + date.month - 1


class Broken(Exception):
    """An event that breaks a rule, and the column that says so."""

    def __init__(self, column, what):
        super().__init__(what)
        self.column, self.what = column, what


class Account:
    """Figures in minor units, all time. Signed ones count from the account's normal side."""

    __slots__ = ("code", "type", "normal", "currency", "control", "is_control", "floor", "ceiling",
                 "frozen", "closed", "held", "totals", "whole", "open_members")

    def __init__(self, said, whole):
        self.code, self.type, self.normal = said["code"], said["type"], said["normal"]
        self.currency = said["currency"]
        self.control = 0  # a handle
        self.is_control = bool(said["flags"] & 4)
        self.floor, self.ceiling = said["floor"], said["ceiling"]
        self.frozen = self.closed = False
        self.held = 0
        self.totals = [0, 0]  # debits, credits
        self.whole = whole    # its amounts are whole rupiah
        self.open_members = 0

    def posted(self):
        return self.totals[self.normal] - self.totals[1 - self.normal]


class Book:
    """One cooperative's, after the events applied so far. `apply` adds what is wrong to `found` as
    (event number, column, what) and goes on as if it were right, where that has a meaning."""

    def __init__(self):
        self.found = []
        self.opened = None
        self.open_day = self.open_month = None
        self.accounts = [None]
        self.codes = set()
        self.principals = {}        # name → roles held
        self.keys = set()           # (principal, form, bytes)
        self.holds = {}             # event → [account, what is left (None: ended), last day]
        self.entries = {}           # event → [legs, what is left of each]; None: a reversal
        self.batch_left = 0
        self.batch_principal = 0

    def apply(self, block, event):
        broken = lambda column, what: self.found.append((event.no, column, what))
        if (event.kind == OPENED) != (event.no == 1):
            broken("kind", "a book begins with the event that opens it, and with nothing else")
        self._who(event, broken)
        if event.kind >= 5 and event.digest != _digest(event) and event.kind != SETTLED:
            broken("digest", "the digest is not that of the event")
        if event.kind == REFUSED:
            return
        try:
            if event.kind in ENTRIES:
                self._entry(event)
            else:
                self._ACTIONS[event.kind](self, event, block)
        except Broken as rule:
            broken(rule.column, rule.what)

    def _who(self, event, broken):
        if event.principal > len(self.principals):
            broken("principal", f"principal {event.principal} was never granted a role")
        if self.batch_left:
            self.batch_left -= 1
            if event.key_form != NO_KEY or event.principal != self.batch_principal:
                broken("key_form", "an event of a batch after its first has no key of its own")
            if event.kind not in (SIMPLE, ENTRY):
                broken("kind", "a batch is of entries")
            return
        if event.batch_size:
            self.batch_left, self.batch_principal = event.batch_size - 1, event.principal
            if event.kind not in (SIMPLE, ENTRY):
                broken("kind", "a batch is of entries")
        if event.key_form == NO_KEY:
            broken("key_form", "the event has no key and is not within a batch")
            return
        key = (event.principal, event.key_form, event.key)
        if key in self.keys:
            broken("key_form", "the principal used this key before")
        self.keys.add(key)

    # --- what moves money ---

    def _entry(self, event):
        self.entries[event.no] = [event.legs, None]
        hold, held_back = None, 0
        moves, fault = self._moves(event.legs)
        try:
            if event.kind == REVERSED:
                self._take_back(event)
            elif event.kind == SETTLED:
                hold, held_back = self._settle(event, moves)
            if fault:
                raise fault
            if event.kind == SIMPLE:
                (debit, _, amount), (credit, _, _) = event.legs
                accounts = self.accounts
                if accounts[debit].currency != accounts[credit].currency:
                    raise Broken("amount", "debits and credits are of two currencies")
            else:
                self._balanced(event.legs)
        finally:
            self._book(event.legs, hold, held_back)
        self._bounds(event.kind, moves, hold and hold[0], held_back)

    def _moves(self, legs):
        """What the legs add to each account on its normal side, and the first leg at fault."""
        moves, fault, accounts = {}, None, self.accounts
        for at, (handle, side, amount) in enumerate(legs):
            if handle >= len(accounts):
                fault = fault or Broken("leg_account", f"there is no account {handle} (leg {at})")
                continue
            account = accounts[handle]
            if account.is_control or account.closed or account.frozen or (
                    account.whole and amount % 100):
                fault = fault or _unusable(account, amount, at)
            moves[handle] = moves.get(handle, 0) + (amount if side == account.normal else -amount)
        return moves, fault

    def _balanced(self, legs):
        sums = {}
        for handle, side, amount in legs:
            currency = self.accounts[handle].currency
            sums[currency] = sums.get(currency, 0) + (-amount if side else amount)
        for currency, difference in sums.items():
            if difference:
                raise Broken("leg_amount",
                             f"debits - credits = {difference} in currency {currency:03}")

    def _book(self, legs, hold, held_back):
        for handle, side, amount in legs:
            if handle < len(self.accounts):
                self.accounts[handle].totals[side] += amount
        if hold:
            self.accounts[hold[0]].held -= held_back

    def _bounds(self, kind, moves, held_account, held_back):
        """Floors and ceilings once the entry is booked: of each account the one it moved towards.
        What was held is not available, so that taking it moves nothing towards the floor."""
        column = "amount" if kind == SIMPLE else "leg_amount"
        for handle, move in moves.items():
            account = self.accounts[handle]
            freed = held_back if handle == held_account else 0
            if move + freed < 0 and account.floor is not None:
                available = account.posted() - account.held - account.floor
                if available < 0:
                    raise Broken(column, f"{account.code} is {-available} below its floor")
            elif move > 0 and account.ceiling is not None and account.posted() > account.ceiling:
                above = account.posted() - account.ceiling
                raise Broken(column, f"{account.code} is {above} above its ceiling")

    def _take_back(self, event):
        self.entries[event.no] = None
        if event.reversal_target not in self.entries or event.reversal_target == event.no:
            raise Broken("reversal_target", f"event {event.reversal_target} is no entry before it")
        target = self.entries[event.reversal_target]
        if target is None:
            raise Broken("reversal_target", "a reversal is not itself reversed")
        legs, left = target
        if left is None:
            left = target[1] = [amount for _, _, amount in legs]
        named = [leg for leg in range(64) if event.reversal_legs >> leg & 1]
        if named[-1] >= len(legs) or len(named) != len(event.legs):
            raise Broken("reversal_legs", "not the legs of the target, one a leg")
        for leg, (handle, side, amount) in zip(named, event.legs):
            if (handle, 1 - side) != legs[leg][:2]:
                raise Broken("leg_account", f"leg {leg} of the target is not swapped")
            if amount > left[leg]:
                raise Broken("leg_amount",
                             f"{amount} of leg {leg} are taken back, {left[leg]} are left")
        for leg, (_, _, amount) in zip(named, event.legs):
            left[leg] -= amount

    def _open_hold(self, number):
        hold = self.holds.get(number)
        if hold is None:
            raise Broken("payload", f"event {number} is no hold before it")
        if hold[1] is None:
            raise Broken("payload", f"hold {number} has ended")
        return hold

    def _settle(self, event, moves):
        """The hold, and how much of it is held no longer."""
        said = event.payload
        hold = self._open_hold(said["hold"])
        if -moves.get(hold[0], 0) != said["taken"]:
            raise Broken("payload", f"taken is {said['taken']}, the entry takes "
                                    f"{-moves.get(hold[0], 0)} from the held account")
        if said["taken"] > hold[1]:
            raise Broken("payload", f"{said['taken']} are taken, {hold[1]} are held")
        held_back = hold[1] if said["release_rest"] else said["taken"]
        hold[1] = hold[1] - held_back or None
        return hold, held_back

    # --- the other kinds ---

    def _open(self, event, block):
        said = event.payload
        self.opened, self.open_day = said, block.business_date
        if said["first_day"] != block.business_date:
            raise Broken("payload", "the first day is not the block's business date")
        self.open_month = month_of(said["first_day"])
        if event.principal:
            raise Broken("principal", "nobody was granted a role before the book was opened")

    def _role(self, event, _):
        said = event.payload
        granted = event.kind == GRANTED
        roles = self.principals.get(said["principal"], set())
        if granted == (said["role"] in roles):
            raise Broken("payload", f"{said['principal']} {'has' if granted else 'does not have'} "
                                    "this role")
        if granted:
            self.principals.setdefault(said["principal"], set()).add(said["role"])
        else:
            roles.remove(said["role"])

    def _account(self, handle):
        if not 0 < handle < len(self.accounts):
            raise Broken("payload", f"there is no account {handle}")
        account = self.accounts[handle]
        if account.closed:
            raise Broken("payload", f"{account.code} is closed")
        return account

    def _open_account(self, event, _):
        said = event.payload
        whole = said["currency"] == RUPIAH and not (self.opened and self.opened["sen_allowed"])
        account = Account(said, whole)
        taken = said["code"] in self.codes
        self.codes.add(said["code"])
        try:
            if said["control"]:
                control = self._account(said["control"])
                control.open_members += 1
                account.control = said["control"]
                agree = all(getattr(control, name) == said[name]
                            for name in ("type", "normal", "currency"))
                if not control.is_control or not agree:
                    raise Broken("payload", f"{control.code} cannot be the control account")
        finally:
            self.accounts.append(account)
        if taken:
            raise Broken("payload", f"the code {said['code']} was given before")
        _ordered(said)

    def _set_limits(self, event, _):
        account = self._account(event.payload["account"])
        account.floor, account.ceiling = event.payload["floor"], event.payload["ceiling"]
        _ordered(event.payload)

    def _freeze(self, event, _):
        account = self._account(event.payload["account"])
        frozen = event.kind == FROZEN
        if account.frozen == frozen:
            raise Broken("payload", f"{account.code} is {'' if frozen else 'not '}frozen")
        account.frozen = frozen

    def _close_account(self, event, _):
        account = self._account(event.payload["account"])
        account.closed = True
        if account.control:
            self.accounts[account.control].open_members -= 1
        if account.posted() or account.held or account.open_members:
            raise Broken("payload", f"{account.code} has a balance, a hold or open members")

    def _hold(self, event, block):
        said = event.payload
        account = self._account(said["account"])
        account.held += said["amount"]
        self.holds[event.no] = [said["account"], said["amount"], said["last_day"]]
        if account.is_control or account.frozen or account.whole and said["amount"] % 100:
            raise _unusable(account, said["amount"], None)
        if said["last_day"] is not None and said["last_day"] < block.business_date:
            raise Broken("payload", "the last day is over")
        if account.held > AMOUNT_MAX:
            raise Broken("payload", "more than 10^17 are held")
        if account.floor is not None and account.posted() - account.held < account.floor:
            raise Broken("payload", f"{account.code} does not have what is held")

    def _end_hold(self, event, block):
        hold = self._open_hold(event.payload["hold"])
        self.accounts[hold[0]].held -= hold[1]
        hold[1] = None
        if event.kind == EXPIRED and (hold[2] is None or block.business_date <= hold[2]):
            raise Broken("payload", "the last day of the hold is not over")

    def _close_day(self, event, block):
        said = event.payload
        self.open_day = said["next"]
        if said["date"] != block.business_date:
            raise Broken("payload", f"{date_text(said['date'])} is not the open day")
        if said["next"] <= said["date"]:
            raise Broken("payload", "the next day does not come after the one that is closed")
        if event.no != block.first_event + block.count - 1:
            raise Broken("kind", "a closed day ends its block")

    def _close_month(self, event, block):
        month = event.payload["month"]
        due, self.open_month = self.open_month, month + 1
        if month != due:
            raise Broken("payload", "it is not this month's turn")
        if month_of(block.business_date) <= month:
            raise Broken("payload", "the month is not over")

    _ACTIONS = {
        OPENED: _open, GRANTED: _role, REVOKED: _role, ACCOUNT_OPENED: _open_account,
        LIMITS_SET: _set_limits, FROZEN: _freeze, UNFROZEN: _freeze, ACCOUNT_CLOSED: _close_account,
        HELD: _hold, RELEASED: _end_hold, EXPIRED: _end_hold, DAY_CLOSED: _close_day,
        MONTH_CLOSED: _close_month,
    }

    def balances(self):
        """One a row, by handle. A control account has the sum of its members."""
        rows = [[account, *account.totals, account.held] for account in self.accounts[1:]]
        for row in reversed(rows):  # members come after their control account
            if row[0].control:
                control = rows[row[0].control - 1]
                for figure in (1, 2):
                    control[figure] += row[figure]
        return [{"code": account.code, "type": TYPES[account.type],
                 "normal": SIDES[account.normal], "currency": account.currency,
                 "control": account.is_control,
                 "debits": str(debits), "credits": str(credits), "held": str(held)}
                for account, debits, credits, held in rows]


def _ordered(limits):
    if None not in (limits["floor"], limits["ceiling"]) and limits["floor"] > limits["ceiling"]:
        raise Broken("payload", "the floor is above the ceiling")


def _unusable(account, amount, leg):
    why = ("is a control account" if account.is_control else "is closed" if account.closed
           else "is frozen" if account.frozen else f"has whole rupiah, {amount} sen are none")
    return Broken("payload" if leg is None else "leg_account",
                  f"{account.code} {why}" + ("" if leg is None else f" (leg {leg})"))


def _digest(event):
    """Of the kinds whose request is the event itself."""
    return hashlib.sha256(bytes([event.kind]) + event.payload_bytes).digest()[:16]
