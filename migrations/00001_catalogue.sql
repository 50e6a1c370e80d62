-- +goose Up

-- What is there: sites, their zones, spaces and hours, companies and plans. A
-- server keeps all of it in memory; the version below says when to read it anew.
CREATE TABLE catalogue (
  one integer PRIMARY KEY CHECK (one = 1),
  version bigint NOT NULL
);
INSERT INTO catalogue (one, version) VALUES (1, 1);
{{if .Postgres}}
CREATE EXTENSION IF NOT EXISTS btree_gist;
-- +goose StatementBegin
CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalogue SET version = version + 1;
  RETURN NULL;
END $$;
-- +goose StatementEnd
{{end}}
CREATE TABLE plans (
  id {{.UUID}} PRIMARY KEY,
  name_ja text NOT NULL,
  name_en text NOT NULL,
  is_default boolean NOT NULL DEFAULT false,
  all_sites boolean NOT NULL DEFAULT true,
  standing_access boolean NOT NULL DEFAULT false,
  max_guests integer NOT NULL DEFAULT 10,
  no_show_limit integer NOT NULL DEFAULT 0,
  no_show_pause_days integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);

-- What a plan allows per kind of space. 0 means no limit, except for grace: 0
-- means that nothing is ever released.
CREATE TABLE plan_rules (
  plan_id {{.UUID}} NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('seat','room')),
  horizon_days integer NOT NULL CHECK (horizon_days >= 0),
  notice_minutes integer NOT NULL DEFAULT 0 CHECK (notice_minutes >= 0),
  min_minutes integer NOT NULL DEFAULT 0 CHECK (min_minutes >= 0),
  max_minutes integer NOT NULL DEFAULT 0 CHECK (max_minutes >= 0),
  max_open integer NOT NULL DEFAULT 0 CHECK (max_open >= 0),
  minutes_per_week integer NOT NULL DEFAULT 0 CHECK (minutes_per_week >= 0),
  minutes_per_month integer NOT NULL DEFAULT 0 CHECK (minutes_per_month >= 0),
  buffer_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_minutes >= 0),
  cancel_notice_minutes integer NOT NULL DEFAULT 0 CHECK (cancel_notice_minutes >= 0),
  grace_minutes integer NOT NULL DEFAULT 0 CHECK (grace_minutes >= 0),
  PRIMARY KEY (plan_id, kind)
);

CREATE TABLE companies (
  id {{.Serial}},
  name_ja text NOT NULL,
  name_en text NOT NULL,
  kana text NOT NULL DEFAULT '',
  plan_id {{.UUID}} REFERENCES plans(id),
  standing_access boolean NOT NULL DEFAULT false,
  minutes_per_week integer NOT NULL DEFAULT 0,
  minutes_per_month integer NOT NULL DEFAULT 0,
  suspended_at {{.Time}} {{.UTC "suspended_at"}},
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);

CREATE TABLE sites (
  slug text PRIMARY KEY CHECK (slug <> ''),
  name_ja text NOT NULL,
  name_en text NOT NULL,
  address_ja text NOT NULL DEFAULT '',
  address_en text NOT NULL DEFAULT '',
  phone text NOT NULL DEFAULT '',
  url text NOT NULL DEFAULT '',
  time_zone text NOT NULL,
  capacity integer NOT NULL DEFAULT 0,
  closed_on_holidays boolean NOT NULL DEFAULT true,
  walk_ins boolean NOT NULL DEFAULT false,
  early_grace_minutes integer NOT NULL DEFAULT 15,
  late_grace_minutes integer NOT NULL DEFAULT 15,
  max_stay_minutes integer NOT NULL DEFAULT 960,
  mode text NOT NULL DEFAULT 'normal' CHECK (mode IN ('normal','lockdown','evacuation')),
  mode_reason text NOT NULL DEFAULT '',
  announcement_ja text NOT NULL DEFAULT '',
  announcement_en text NOT NULL DEFAULT '',
  position integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);

CREATE TABLE plan_sites (
  plan_id {{.UUID}} NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
  site text NOT NULL REFERENCES sites(slug) ON DELETE CASCADE,
  PRIMARY KEY (plan_id, site)
);

-- Wall time of the site, in minutes from local midnight; a weekday without a row
-- is a day without hours (0 = Sunday).
CREATE TABLE opening_hours (
  site text NOT NULL REFERENCES sites(slug) ON DELETE CASCADE,
  weekday integer NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  opens integer NOT NULL CHECK (opens BETWEEN 0 AND 1440),
  closes integer NOT NULL CHECK (closes BETWEEN 0 AND 1440 AND closes > opens),
  PRIMARY KEY (site, weekday, opens)
);

-- Overrides of the national calendar (rickar/cal): a day more, or a day less.
CREATE TABLE holidays (
  day text PRIMARY KEY CHECK (day LIKE '____-__-__'),
  name_ja text NOT NULL,
  name_en text NOT NULL,
  is_holiday boolean NOT NULL
);

CREATE TABLE zones (
  id {{.Serial}},
  site text NOT NULL REFERENCES sites(slug),
  parent_id integer REFERENCES zones(id),
  company_id integer REFERENCES companies(id),
  name_ja text NOT NULL,
  name_en text NOT NULL,
  live_required boolean NOT NULL DEFAULT false,
  anti_passback text NOT NULL DEFAULT 'off' CHECK (anti_passback IN ('off','soft','timed','hard')),
  anti_passback_minutes integer NOT NULL DEFAULT 0,
  capacity integer NOT NULL DEFAULT 0,
  offline_hours integer NOT NULL DEFAULT 72,
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);
CREATE INDEX zones_site ON zones (site);

CREATE TABLE floor_plans (
  id {{.UUID}} PRIMARY KEY,
  site text NOT NULL REFERENCES sites(slug),
  name_ja text NOT NULL,
  name_en text NOT NULL,
  width integer NOT NULL CHECK (width > 0),
  height integer NOT NULL CHECK (height > 0),
  shapes {{.JSON}} NOT NULL,
  position integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);

CREATE TABLE members (
  id {{.UUID}} PRIMARY KEY,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  name text NOT NULL,
  kana text NOT NULL DEFAULT '',
  locale text NOT NULL DEFAULT 'ja' CHECK (locale IN ('ja','en')),
  role text NOT NULL CHECK (role IN ('member','manager','staff','admin')),
  company_id integer REFERENCES companies(id),
  plan_id {{.UUID}} REFERENCES plans(id),
  home_site text REFERENCES sites(slug),
  password_hash text NOT NULL DEFAULT '',
  calendar_token text NOT NULL DEFAULT '',
  suspended_at {{.Time}} {{.UTC "suspended_at"}},
  erased_at {{.Time}} {{.UTC "erased_at"}},
  merged_into {{.UUID}} REFERENCES members(id),
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);
CREATE INDEX members_company ON members (company_id);
CREATE INDEX members_suspended ON members (id) WHERE suspended_at IS NOT NULL;
CREATE UNIQUE INDEX members_calendar ON members (calendar_token) WHERE calendar_token <> '';

-- The sites a staff member works for.
CREATE TABLE member_sites (
  member_id {{.UUID}} NOT NULL REFERENCES members(id) ON DELETE CASCADE,
  site text NOT NULL REFERENCES sites(slug) ON DELETE CASCADE,
  PRIMARY KEY (member_id, site)
);

CREATE TABLE spaces (
  id {{.UUID}} PRIMARY KEY,
  site text NOT NULL REFERENCES sites(slug),
  zone_id integer NOT NULL REFERENCES zones(id),
  kind text NOT NULL CHECK (kind IN ('seat','room')),
  name_ja text NOT NULL,
  name_en text NOT NULL,
  capacity integer NOT NULL CHECK (capacity > 0),
  equipment {{.JSON}} NOT NULL,
  video_address text NOT NULL DEFAULT '',
  floor_plan_id {{.UUID}} REFERENCES floor_plans(id),
  x integer NOT NULL DEFAULT 0,
  y integer NOT NULL DEFAULT 0,
  width integer NOT NULL DEFAULT 0,
  height integer NOT NULL DEFAULT 0,
  bookable boolean NOT NULL DEFAULT true,
  needs_approval boolean NOT NULL DEFAULT false,
  owner_id {{.UUID}} REFERENCES members(id),
  grain_minutes integer NOT NULL DEFAULT 15 CHECK (grain_minutes > 0 AND 1440 % grain_minutes = 0),
  fault_note text NOT NULL DEFAULT '',
  position integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);
CREATE INDEX spaces_site ON spaces (site, kind, position);

CREATE TABLE closures (
  id {{.UUID}} PRIMARY KEY,
  site text NOT NULL REFERENCES sites(slug),
  zone_id integer REFERENCES zones(id),
  space_id {{.UUID}} REFERENCES spaces(id),
  starts_at {{.Time}} NOT NULL {{.UTC "starts_at"}},
  ends_at {{.Time}} NOT NULL {{.UTC "ends_at"}},
  reason text NOT NULL,
  created_by {{.UUID}} REFERENCES members(id),
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  CONSTRAINT closures_order CHECK (starts_at < ends_at)
);
CREATE INDEX closures_site ON closures (site, ends_at);

{{.Touches "plans"}}
{{.Touches "plan_rules"}}
{{.Touches "plan_sites"}}
{{.Touches "companies"}}
{{.Touches "sites"}}
{{.Touches "opening_hours"}}
{{.Touches "holidays"}}
{{.Touches "zones"}}
{{.Touches "floor_plans"}}
{{.Touches "spaces"}}
{{.Touches "closures"}}
