drop table sound_levels;
