drop trigger projects_assets on projects;
drop function project_assets_follow();
drop function spec_assets(jsonb);
drop table project_assets;
