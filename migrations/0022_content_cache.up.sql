-- One cache for everything that is made once: clips, lines of speech, joins, sound and films, each by what made it.
alter table scene_cache rename to content_cache;
alter table content_cache rename column metadata to meta;
alter table content_cache add column stage text;
update content_cache set stage = 'clip',
  meta = meta || jsonb_build_object('frames', frames, 'keyFrames', to_jsonb(key_frames));
alter table content_cache alter column stage set not null;
alter table content_cache drop constraint scene_cache_pkey;
alter table content_cache add constraint content_cache_pkey primary key (scope, stage, content_key);
alter table content_cache drop constraint scene_cache_counts;
alter table content_cache drop constraint scene_cache_key_form;
alter table content_cache drop column frames, drop column key_frames;
alter table content_cache
  add constraint content_cache_stage_known check (stage in ('clip', 'voice', 'join', 'audio', 'film')),
  add constraint content_cache_key_form check (content_key ~ '^[0-9a-f]{64}$' and sha256 ~ '^[0-9a-f]{64}$'),
  add constraint content_cache_counts check (size_bytes > 0 and hits >= 0),
  add constraint content_cache_meta_object check (jsonb_typeof(meta) = 'object');
alter index scene_cache_last_used rename to content_cache_last_used;
-- Two entries may name the same bytes; an object goes with the last of them.
create index content_cache_object on content_cache (object_key);
alter policy scene_cache_reach on content_cache rename to content_cache_reach;
