-- The session that asked for a link, which is made only as long as that lives. Null for sign-ins.
alter table limen.oauth_flows add column link_session_id uuid;
