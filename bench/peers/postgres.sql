-- PostgreSQL as a ledger. It is given every advantage that a ledger of two-leg entries can have: an
-- entry is one row that holds both its legs, not an entry and two postings; it has no number, time
-- or text; accounts leave room in their pages for the next balance, so that no index of theirs is
-- ever touched again.
drop table if exists entries, accounts;

create table accounts (
  id int primary key,
  floor bigint not null,
  balance bigint not null,
  check (balance >= floor)
) with (fillfactor = 50);

create table entries (
  key uuid primary key,
  debit int not null,
  credit int not null,
  amount bigint not null check (amount > 0)
);

-- One entry. A key that is taken, an account that is not there and a floor that is crossed each
-- raise an error and leave nothing behind. The balances are checked under the locks of their rows,
-- which are taken in the order of the accounts, so that two entries never wait for each other.
create or replace function post_entry(p_key uuid, p_debit int, p_credit int, p_amount bigint)
  returns void language plpgsql as $$
declare
  p_first int := least(p_debit, p_credit);
  p_second int := greatest(p_debit, p_credit);
  p_change bigint := case when p_debit < p_credit then -p_amount else p_amount end;
begin
  insert into entries values (p_key, p_debit, p_credit, p_amount);
  update accounts set balance = balance + p_change where id = p_first;
  if not found then raise foreign_key_violation; end if;
  update accounts set balance = balance - p_change where id = p_second;
  if not found then raise foreign_key_violation; end if;
end $$;

-- Many entries, all or none: each account is touched once, by the sum of what concerns it. Its
-- floor is thus held against the balance after the whole batch only. Keys and accounts are visited
-- in their order: for the sake of the caches, and because two batches would else wait for each
-- other. The two joins switched off would visit the accounts in an order of their own.
create or replace function post_batch(p_keys uuid[], p_debits int[], p_credits int[],
                                      p_amounts bigint[])
  returns void language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  p_concerned bigint;
  p_changed bigint;
begin
  insert into entries
    select *
      from unnest(p_keys, p_debits, p_credits, p_amounts) as entry (key, debit, credit, amount)
     order by key;
  with changes as materialized (
    select account, sum(amount)::bigint as amount
      from (select debit as account, -amount as amount
              from unnest(p_debits, p_amounts) as leg (debit, amount)
            union all
            select credit, amount from unnest(p_credits, p_amounts) as leg (credit, amount)) as legs
     group by account order by account
  ), changed as (
    update accounts set balance = balance + changes.amount
      from changes where accounts.id = changes.account
    returning 1
  )
  select (select count(*) from changes), (select count(*) from changed)
    into p_concerned, p_changed;
  if p_changed < p_concerned then raise foreign_key_violation; end if;
end $$;
