-- Makes server.tsv: type, OID, the server's text form (in the format of COPY), its binary form in hex.
--   psql -X -q -v n=4 -f server.sql > server.tsv        against PostgreSQL 15; a larger n gives more random rows
-- The rows are fixed by the seed. Zones differ on purpose: the text form of a timestamptz has the session's.
\set ON_ERROR_STOP 1
set datestyle = 'ISO, MDY';
set extra_float_digits = 1;
set timezone = 'UTC';
select setseed(0.42) \g /dev/null
create function pg_temp.digits(n int) returns text language sql volatile as
  $$ select coalesce(string_agg(floor(random() * 10)::int::text, ''), '') from generate_series(1, n) $$;
create function pg_temp.word() returns text language sql volatile as
  $$ select coalesce(string_agg((array['a','Z','0',' ',',',';','{','}','"','\',E'\t',E'\n','''','NULL','null','é','€','😀','=','[',':'])
     [1 + floor(random() * 21)::int], ''), '') from generate_series(1, floor(random() * 6)::int) $$;
create function pg_temp.moment() returns timestamp language sql volatile as
  $$ select timestamp '4714-11-24 BC' + floor(random() * 298900 * 365.2425)::int * interval '1 day'
            + floor(random() * 86400) * interval '1 second'
            + (case when random() < 0.3 then 0 else floor(random() * 1000000) end) * interval '1 microsecond' $$;
create function pg_temp.recent() returns timestamp language sql volatile as
  $$ select timestamp '1850-01-01' + floor(random() * 200 * 365 * 86400)::bigint * interval '1 second' $$;

copy (select 'bool', 16, v::text::bool, encode(boolsend(v), 'hex') from (values (true), (false)) t(v)) to stdout;
copy (select 'int2', 21, v, encode(int2send(v), 'hex') from unnest('{0,1,-1,32767,-32768}'::int2[]) v) to stdout;
copy (select 'int4', 23, v, encode(int4send(v), 'hex') from unnest('{0,1,-1,2147483647,-2147483648}'::int4[]) v) to stdout;
copy (select 'oid', 26, v, encode(oidsend(v), 'hex') from unnest('{0,1,2147483648,4294967295}'::oid[]) v) to stdout;
copy (select 'int8', 20, v, encode(int8send(v), 'hex')
  from unnest('{0,1,-1,9007199254740991,9007199254740992,9223372036854775807,-9223372036854775808}'::int8[]) v) to stdout;
copy (select 'float4', 700, v, encode(float4send(v), 'hex') from
  (select unnest('{0,-0,1,1.1,-0.1,0.3,3.4028235e+38,1e-45,1.1754944e-38,16777216,16777217,123456789,1e10,1e-5,NaN,Infinity,-Infinity,0.001,1e-6,9999999.5,8388607.5,0.5,0.0625,2097151.9}'::float4[])
   union all select ((random() * 2 - 1) * 10 ^ (random() * 74 - 36))::float4 from generate_series(1, :n * 4)
   union all select ((random() * 2 - 1) * 10 ^ (random() * 10 - 3))::float4 from generate_series(1, :n * 4)
   union all select (2::float8 ^ i)::float4 from generate_series(24, 24 + :n * 8, 2) i where i < 128
   union all select ((16777216 + floor(random() * 16777216)) * 2 ^ floor(random() * 8))::float4 from generate_series(1, :n * 4)
   union all select (floor(random() * 100000) / 100)::float4 from generate_series(1, :n * 4)) t(v)) to stdout;
copy (select 'float8', 701, v, encode(float8send(v), 'hex') from
  (select unnest('{0,-0,1,1.1,-0.1,0.30000000000000004,1.7976931348623157e+308,5e-324,2.2250738585072014e-308,9007199254740993,1e21,1e-7,NaN,Infinity,-Infinity}'::float8[])
   union all select ((random() * 2 - 1) * 10::float8 ^ (random() * 600 - 300)) from generate_series(1, :n * 4)) t(v)) to stdout;
copy (select 'numeric', 1700, v, encode(numeric_send(v), 'hex') from
  (select unnest('{0,0.0,0.000,-0.00,1,10,100,1000,9999,10000,10001,100000000,0.1,0.01,0.001,0.0001,0.00001,0.000010000,1.10,-1.5,12345.678900,99999999999999999999.9999999999,1e100,1e-100,NaN,Infinity,-Infinity,10000.0001,0.99999999}'::numeric[])
   union all select ((case when random() < 0.5 then '-' else '' end) || pg_temp.digits(1 + floor(random() * 12)::int)
     || '.' || pg_temp.digits(floor(random() * 12)::int))::numeric from generate_series(1, :n * 8)
   union all select (pg_temp.digits(1 + floor(random() * 90)::int) || '.' || pg_temp.digits(floor(random() * 90)::int) || 'e'
     || floor(random() * 80 - 40)::int)::numeric from generate_series(1, :n * 2)) t(v)) to stdout;
copy (select 'text', 25, v, encode(textsend(v), 'hex') from
  (select unnest(array['', 'a', 'NULL', E'tab\tnewline\n\\', 'é€😀', repeat('x', 100)]) union all
   select pg_temp.word() from generate_series(1, :n)) t(v)) to stdout;
copy (select 'varchar', 1043, v, encode(varcharsend(v), 'hex') from unnest('{"",abc}'::varchar[]) v) to stdout;
copy (select 'bpchar', 1042, v::char(5)::bpchar || '', encode(bpcharsend(v), 'hex') from unnest('{abcde}'::bpchar[]) v) to stdout;
copy (select 'name', 19, v, encode(namesend(v), 'hex') from unnest('{pg_class,"a b"}'::name[]) v) to stdout;
copy (select 'char', 18, v, encode(charsend(v), 'hex') from unnest('{a,"\"","\\",z}'::"char"[]) v) to stdout;
copy (select 'uuid', 2950, v, encode(uuid_send(v), 'hex') from
  (select unnest('{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'::uuid[])
   union all select md5(pg_temp.digits(9))::uuid from generate_series(1, :n)) t(v)) to stdout;
set bytea_output = 'hex';
copy (select 'bytea', 17, v, encode(byteasend(v), 'hex') from
  (select unnest(array['', '\x00', '\x5c', '\xff00ff']::bytea[]) union all select decode(md5(pg_temp.digits(9)), 'hex') from generate_series(1, :n)) t(v)) to stdout;
set bytea_output = 'escape';
copy (select 'bytea', 17, v, encode(byteasend(v), 'hex') from
  (select unnest(array['', '\x00', '\x5c', '\x615c62', '\xff00ff']::bytea[]) union all select decode(md5(pg_temp.digits(9)), 'hex') from generate_series(1, :n)) t(v)) to stdout;
set bytea_output = 'hex';
copy (select 'json', 114, v, encode(json_send(v), 'hex') from
  (values ('null'), ('true'), (' [1, 2.5, -0, 1e400, "é\u00e9\ud83d\ude00\n"] '), ('{"a": {"__proto__": 1, "a": [], "b": {}}, "a": 2}'),
    ('"\ud800"'), ('{"\udc00":"\u0000"}'), ('-1.5E+10'), ('12345678901234567890')) t(j), lateral (select j::json as v) u) to stdout;
copy (select 'jsonb', 3802, v, encode(jsonb_send(v), 'hex') from
  (values ('null'), ('[1, 2.5, 1e30, "é\n"]'), ('{"b": {"__proto__": 1}, "a": 2}'), ('"x"'), ('[]'), ('{}')) t(j), lateral (select j::jsonb as v) u) to stdout;
copy (select 'timestamp', 1114, v, encode(timestamp_send(v), 'hex') from
  (select unnest('{infinity,-infinity,2026-06-05 12:00:00,2000-01-01 00:00:00,1999-12-31 23:59:59.999999,0001-01-01 00:00:00,0001-12-31 23:59:59.1 BC,0044-03-15 12:00:00 BC,4714-11-24 00:00:00 BC,294276-12-31 23:59:59.999999,9999-12-31 23:59:59.9,10000-01-01 00:00:00,2024-02-29 00:00:00.00001}'::timestamp[])
   union all select pg_temp.moment() from generate_series(1, :n * 4)) t(v)) to stdout;
copy (select 'date', 1082, v, encode(date_send(v), 'hex') from
  (select unnest('{infinity,-infinity,2026-06-05,2000-01-01,1999-12-31,0001-01-01,0001-12-31 BC,0044-03-15 BC,4714-11-24 BC,9999-12-31,10000-01-01,5874897-12-31,2024-02-29,1900-02-28}'::date[])
   union all select pg_temp.moment()::date from generate_series(1, :n * 4)
   union all select '4714-11-24 BC'::date + floor(random() * 2147483493)::int from generate_series(1, :n)) t(v)) to stdout;
copy (select 'time', 1083, v, encode(time_send(v), 'hex') from
  (select unnest('{00:00:00,13:14:15,24:00:00,23:59:59.999999,01:02:03.5}'::time[])
   union all select pg_temp.moment()::time from generate_series(1, :n)) t(v)) to stdout;
copy (select 'timetz', 1266, v, encode(timetz_send(v), 'hex') from
  (select unnest('{00:00:00+00,13:14:15+02,13:14:15.25-05:30,24:00:00+15:59:59,01:02:03-15:59:59,01:02:03+00:00:01,01:02:03-00:30}'::timetz[])) t(v)) to stdout;
\set zones 'copy (select ''timestamptz'', 1184, v, encode(timestamptz_send(v), ''hex'') from (select unnest(''{infinity,-infinity,2026-06-05 12:00:00+00,2026-12-05 12:00:00.25+00,0001-01-01 00:00:00+00,0001-12-31 23:59:59.5+00 BC,0044-03-15 12:00:00+00 BC,9999-12-31 23:59:59+00,1850-01-01 00:00:00+00}''::timestamptz[]) union all select pg_temp.moment() at time zone ''UTC'' from generate_series(1, :n) union all select pg_temp.recent() at time zone ''UTC'' from generate_series(1, :n)) t(v)) to stdout;'
:zones
set timezone = 'Europe/Berlin';
:zones
set timezone = 'America/New_York';
:zones
set timezone = 'Asia/Kathmandu';
:zones
set timezone = 'Africa/Monrovia';
:zones
set timezone = 'UTC';
copy (select 'int4[]', 1007, v, encode(array_send(v), 'hex') from
  (values ('{}'), ('{1}'), ('{1,NULL,3}'), ('{{1,2},{3,4},{5,NULL}}'), ('[0:1][-3:-2]={{1,2},{3,4}}'), ('{{{{{{1}}}}}}'), ('[5:6]={1,2}'), ('{{{1,2},{3,4}},{{5,6},{7,8}}}')) t(x), lateral (select x::int4[] as v) u) to stdout;
copy (select 'text[]', 1009, v, encode(array_send(v), 'hex') from
  (select array['', 'NULL', 'null', 'a,b', '{', '"', '\', ' x ', null, E'\t\n\v', 'é', '[1:2]={}'] union all
   select array_agg(case when random() < 0.1 then null else pg_temp.word() end) from generate_series(1, :n * 12) i group by i % (:n * 3) union all
   select array[array[pg_temp.word(), pg_temp.word()], array[null, pg_temp.word()]] from generate_series(1, :n)) t(v)) to stdout;
copy (select 'int8[]', 1016, v, encode(array_send(v), 'hex') from (select '{1,-9223372036854775808,NULL}'::int8[]) t(v)) to stdout;
copy (select 'int2[]', 1005, v, encode(array_send(v), 'hex') from (select '{1,-32768,NULL}'::int2[]) t(v)) to stdout;
copy (select 'oid[]', 1028, v, encode(array_send(v), 'hex') from (select '{1,4294967295}'::oid[]) t(v)) to stdout;
copy (select 'bool[]', 1000, v, encode(array_send(v), 'hex') from (select '{t,f,NULL}'::bool[]) t(v)) to stdout;
copy (select 'float4[]', 1021, v, encode(array_send(v), 'hex') from (select '{1.1,NaN,NULL,-Infinity}'::float4[]) t(v)) to stdout;
copy (select 'float8[]', 1022, v, encode(array_send(v), 'hex') from (select '{1.1,NaN,NULL,-Infinity,1e300}'::float8[]) t(v)) to stdout;
copy (select 'numeric[]', 1231, v, encode(array_send(v), 'hex') from (select '{1.10,NaN,NULL,Infinity,0.000}'::numeric[]) t(v)) to stdout;
copy (select 'varchar[]', 1015, v, encode(array_send(v), 'hex') from (select '{a,"b c",NULL}'::varchar[]) t(v)) to stdout;
copy (select 'bpchar[]', 1014, v, encode(array_send(v), 'hex') from (select '{a,"b c",NULL}'::bpchar[]) t(v)) to stdout;
copy (select 'name[]', 1003, v, encode(array_send(v), 'hex') from (select '{a,"b c",NULL}'::name[]) t(v)) to stdout;
copy (select 'char[]', 1002, v, encode(array_send(v), 'hex') from (select '{a,"\"","\\",NULL}'::"char"[]) t(v)) to stdout;
copy (select 'uuid[]', 2951, v, encode(array_send(v), 'hex') from (select array[md5('a')::uuid, null]) t(v)) to stdout;
copy (select 'bytea[]', 1001, v, encode(array_send(v), 'hex') from (select array['\x00ff', '', null]::bytea[]) t(v)) to stdout;
copy (select 'json[]', 199, v, encode(array_send(v), 'hex') from (select array['{"a": "b\"c"}', '[1,2]', null, 'null']::json[]) t(v)) to stdout;
copy (select 'jsonb[]', 3807, v, encode(array_send(v), 'hex') from (select array['{"a": "b\"c"}', '[1,2]', null, 'null']::jsonb[]) t(v)) to stdout;
copy (select 'timestamptz[]', 1185, v, encode(array_send(v), 'hex') from (select '{2026-06-05 12:00:00+00,infinity,NULL,"0044-03-15 12:00:00+00 BC"}'::timestamptz[]) t(v)) to stdout;
copy (select 'timestamp[]', 1115, v, encode(array_send(v), 'hex') from (select '{2026-06-05 12:00:00,infinity,NULL,"0044-03-15 12:00:00.5 BC"}'::timestamp[]) t(v)) to stdout;
copy (select 'date[]', 1182, v, encode(array_send(v), 'hex') from (select '{2026-06-05,-infinity,NULL,"0044-03-15 BC"}'::date[]) t(v)) to stdout;
copy (select 'time[]', 1183, v, encode(array_send(v), 'hex') from (select '{13:14:15,24:00:00,NULL}'::time[]) t(v)) to stdout;
copy (select 'timetz[]', 1270, v, encode(array_send(v), 'hex') from (select '{13:14:15+02,24:00:00-05:30,NULL}'::timetz[]) t(v)) to stdout;
