import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Makes a member's messages searchable by any part of a word, and by the recognised code.
 *
 * `pg_trgm` is of no use here: in a database whose locale does not know Hangul as letters it takes no trigram of it, and
 * most Korean words have two syllables anyhow. So the index holds every pair of neighbouring characters, and whose they
 * are: a search reads what one member wrote that contains them, however much the others wrote. A member's mark is longer
 * than two characters and cannot be taken for a pair.
 *
 * Locks `chat_messages` against everybody until it is done: every row is rewritten and indexed (1,000,000 messages: a minute and
 * a half on two cores). How a large database gets there without: `docs/records.md`.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE chat_messages ADD COLUMN user_id text`
  yield* sql`
    UPDATE chat_messages m SET user_id = s.user_id FROM chat_sessions s WHERE s.session_uuid = m.session_uuid`
  yield* sql`ALTER TABLE chat_messages ALTER COLUMN user_id SET NOT NULL`
  yield* sql`
    CREATE FUNCTION chat_message_owner() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.user_id := (SELECT user_id FROM chat_sessions WHERE session_uuid = NEW.session_uuid);
      RETURN NEW;
    END $$`
  yield* sql`
    CREATE TRIGGER chat_message_owner BEFORE INSERT ON chat_messages
    FOR EACH ROW EXECUTE FUNCTION chat_message_owner()`
  yield* sql`
    CREATE FUNCTION member_pairs(member text, content text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT array_agg(one || next) || ('member:' || member)
      FROM unnest(string_to_array(lower(content), NULL), string_to_array(substr(lower(content), 2), NULL)) AS pair (one, next)
      WHERE next IS NOT NULL
    $$`
  yield* sql`SET LOCAL maintenance_work_mem = '256MB'`
  yield* sql`
    CREATE INDEX chat_messages_by_pairs ON chat_messages USING gin (member_pairs(user_id, content))
    WITH (gin_pending_list_limit = 512)`
  yield* sql`CREATE INDEX chat_messages_by_member ON chat_messages (user_id, message_id)`
  yield* sql`
    CREATE INDEX chat_messages_by_member_code
    ON chat_messages (user_id, (hscode_analysis->>'detected_hscode') text_pattern_ops)
    WHERE hscode_analysis->>'detected_hscode' IS NOT NULL`
  yield* sql`CREATE INDEX chat_messages_by_age ON chat_messages (created_at)`
  yield* sql`DROP INDEX chat_messages_by_hscode`
  yield* sql`DROP INDEX chat_sessions_by_user`
  yield* sql`
    CREATE INDEX chat_sessions_by_user ON chat_sessions (user_id, updated_at DESC, session_uuid)
    INCLUDE (message_count, created_at)`
})
