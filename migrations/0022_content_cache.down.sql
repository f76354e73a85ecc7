delete from content_cache where stage <> 'clip';
alter policy content_cache_reach on content_cache rename to scene_cache_reach;
drop index content_cache_object;
alter index content_cache_last_used rename to scene_cache_last_used;
alter table content_cache
  add column frames integer,
  add column key_frames integer[];
update content_cache set frames = (meta ->> 'frames')::integer,
  key_frames = array(select jsonb_array_elements_text(meta -> 'keyFrames')::integer),
  meta = meta - 'frames' - 'keyFrames';
alter table content_cache alter column frames set not null, alter column key_frames set not null;
alter table content_cache
  drop constraint content_cache_stage_known,
  drop constraint content_cache_key_form,
  drop constraint content_cache_counts,
  drop constraint content_cache_meta_object,
  drop constraint content_cache_pkey,
  drop column stage;
alter table content_cache rename column meta to metadata;
alter table content_cache
  add constraint scene_cache_pkey primary key (scope, content_key),
  add constraint scene_cache_key_form check (content_key ~ '^[0-9a-f]{64}$' and sha256 ~ '^[0-9a-f]{64}$'),
  add constraint scene_cache_counts check (size_bytes > 0 and frames > 0 and hits >= 0);
alter table content_cache rename to scene_cache;
