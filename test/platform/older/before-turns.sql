-- The same from before turns were noted, by other types and rules, with columns of its own.
CREATE TABLE chat_sessions (
  session_uuid varchar(36) NOT NULL PRIMARY KEY,
  user_id bigint NOT NULL,
  session_title varchar(255),
  message_count bigint,
  created_at timestamp NOT NULL DEFAULT now(),
  updated_at timestamp
);
CREATE TABLE chat_messages (
  message_id serial PRIMARY KEY,
  session_uuid varchar(36) NOT NULL REFERENCES chat_sessions,
  message_type varchar(20) NOT NULL CHECK (message_type IN ('USER', 'AI')),
  content text,
  ai_model varchar(100),
  thinking_process text,
  channel varchar(10) NOT NULL,
  created_at timestamp DEFAULT now()
);

INSERT INTO chat_sessions VALUES
  ('00000000-0000-4000-8000-000000000001', 7, '가죽 지갑', 4, '2025-03-01 01:00:00', '2025-03-01 00:00:00'),
  ('00000000-0000-4000-8000-000000000002', 8, '커피 원두', NULL, '2025-03-02 01:00:00', NULL);
INSERT INTO chat_messages VALUES
  (101, '00000000-0000-4000-8000-000000000001', 'USER', '소가죽지갑의 HS코드는?', NULL, NULL, 'web', '2025-03-01 01:00:00'),
  (205, '00000000-0000-4000-8000-000000000002', 'USER', '커피 원두의 HS코드는?', NULL, NULL, 'web', '2025-03-02 01:00:00'),
  (206, '00000000-0000-4000-8000-000000000001', 'AI', '제4202.31호입니다.', 'older-model', 'leather', 'web', '2025-03-01 01:00:09.5'),
  (207, '00000000-0000-4000-8000-000000000001', 'AI', '다시 말씀드리면 4202.31입니다.', 'older-model', NULL, 'app', NULL);
