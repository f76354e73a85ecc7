-- Which storyboards name which uploaded file, so that a library can say it without reading them. Kept by a trigger: a
-- storyboard is written in several places, and is kept whatever it says.
create table project_assets (
  project_id uuid not null references projects (id) on delete cascade,
  asset_id uuid not null,
  team_id uuid not null,
  -- Scenes that name it, as far as scenes have ids.
  scene_ids text[] not null,
  -- It is named outside of scenes, or in a scene without an id.
  whole_film boolean not null,
  primary key (project_id, asset_id)
);
create index project_assets_asset on project_assets (asset_id);
alter table project_assets enable row level security;
create policy project_assets_reach on project_assets to framecast_app
  using ((select reach_system()) or team_id = any ((select reach_teams())::uuid[]));
-- The trigger writes, nobody else.
revoke all on project_assets from framecast_app;
grant select on project_assets to framecast_app;

-- Every text of a storyboard that is the id of a file, with the scene it stands in; null outside of scenes.
create function spec_assets(spec jsonb) returns table (asset_id uuid, scene_id text)
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select distinct found.id::uuid, found.scene_id
  from (
    select value #>> '{}' as id, left(scene ->> 'id', 200) as scene_id
    from jsonb_path_query(spec, 'lax $.scenes[*]') as scene,
      jsonb_path_query(scene, 'lax $.** ? (@.type() == "string")') as value
    union all
    select value #>> '{}', null
    from jsonb_path_query(
      case when jsonb_typeof(spec) = 'object' then spec - 'scenes' else spec end,
      'lax $.** ? (@.type() == "string")'
    ) as value
  ) as found
  where case when length(found.id) = 36
    then found.id ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' else false end
$$;

create function project_assets_follow() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from project_assets where project_id = new.id;
  insert into project_assets (project_id, asset_id, team_id, scene_ids, whole_film)
  select new.id, found.asset_id, new.team_id,
    coalesce(array_agg(found.scene_id order by found.scene_id) filter (where found.scene_id is not null), '{}'),
    bool_or(found.scene_id is null)
  from spec_assets(new.spec) as found
  group by found.asset_id;
  return null;
end $$;
create trigger projects_assets after insert or update of spec on projects
  for each row when (new.spec is not null) execute function project_assets_follow();

insert into project_assets (project_id, asset_id, team_id, scene_ids, whole_film)
select p.id, found.asset_id, p.team_id,
  coalesce(array_agg(found.scene_id order by found.scene_id) filter (where found.scene_id is not null), '{}'),
  bool_or(found.scene_id is null)
from projects p cross join lateral spec_assets(p.spec) as found
where p.spec is not null
group by p.id, found.asset_id;
