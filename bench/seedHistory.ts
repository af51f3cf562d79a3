/**
 * A history as years would leave it: turns of a question and an answer, five to a session. A twentieth of all belongs to
 * one member, five hundred messages to each of the others. Each turn is about three goods of about a hundred, and what answers
 * have in common stands in every one of them.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"

export const goods =
  "가죽 지갑 커피 원두 스마트폰 배터리 자동차 부품 화장품 의류 면직물 티셔츠 운동화 플라스틱 용기 철강 볼트 나사 알루미늄 호일 유리 도자기 목재 가구 의자 조명 램프 모터 펌프 밸브 반도체 메모리 노트북 컴퓨터 프린터 카메라 렌즈 시계 장난감 자전거 타이어 고무 장갑 비타민 의약품 소독제 와인 맥주 치즈 냉동 새우 참치 밀가루 설탕 초콜릿 과자 라면 김치 인삼 홍삼 종이 상자 잡지 그림 악기 기타 피아노 낚시 텐트 침낭 배낭 우산 안경 선글라스 모자 양말 속옷 이불 베개 leather wallet coffee steel bolt glass lamp pump valve camera lens watch bicycle tyre wine cheese shrimp tuna".split(
    " ",
  )

/** Stands in every answer. */
export const commonplace = "분류"

const answer = `HS코드는 관세율표 해석에 관한 통칙 제1호와 제6호에 따라 결정되며, 재질과 용도, 가공 정도에 따라 달라질 수 있습니다.
수입 전에 품목분류 사전심사를 신청하면 세관의 확정된 의견을 받을 수 있습니다. 기본세율과 협정세율, 원산지증명서, 수입요건을 확인하세요.`

export const seed = Effect.fnUntraced(function* (sql: PgClient.PgClient, messages: number) {
  const sessions = Math.ceil(messages / 10)
  const others = Math.ceil(messages / 500)
  yield* sql`
    INSERT INTO chat_sessions (session_uuid, user_id, session_title, message_count, created_at, updated_at)
    SELECT md5('session' || n)::uuid, CASE WHEN n % 20 = 0 THEN 'busy' ELSE 'member' || n % ${others}::int END,
      'session ' || n, 10, at, at + interval '10 minutes'
    FROM generate_series(1, ${sessions}::int) n, LATERAL (SELECT now() - (${sessions}::int - n) * interval '11 minutes' AS at) t`
  yield* sql`
    INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, created_at, completed_at,
      hscode_analysis, detail_page_processing_time)
    SELECT md5('session' || n / 5 + 1)::uuid, md5('turn' || n)::uuid, type,
      CASE type WHEN 'USER' THEN a || ' ' || b || ' 수입할 때 ' || c || ' HS코드가 뭐야? ' || n
        ELSE a || ' ' || b || '은(는) 제' || heading || '호에 분류됩니다. ' || c || '의 경우 ' || ${answer}::text END,
      'completed', at, at,
      CASE type WHEN 'AI' THEN jsonb_build_object('detected_hscode', heading || '.' || 10 + n % 80,
        'product_name', a, 'classification_confidence', 0.9, 'candidates', '[]'::jsonb, 'detail_buttons', '[]'::jsonb,
        'intent_detection', '{"primary_intent": "HS_CODE_ANALYSIS", "secondary_intents": [], "intent_confidence": 0.9}'::jsonb,
        'processing_metadata',
        '{"analysis_timestamp": "2026-01-01T00:00:00.000Z", "processing_time_ms": 5, "analysis_version": "1"}'::jsonb) END,
      CASE type WHEN 'AI' THEN 12 END
    FROM generate_series(0, ${sessions * 5 - 1}::int) n, (VALUES ('USER'), ('AI')) types (type),
      LATERAL (
        SELECT goods[1 + (hashint4(n) & 2147483647) % ${goods.length}::int] AS a, goods[1 + (hashint4(n + 1) & 2147483647) % ${goods.length}::int] AS b,
          goods[1 + (hashint4(n + 2) & 2147483647) % ${goods.length}::int] AS c, lpad((101 + n % 9600)::text, 4, '0') AS heading,
          now() - (${sessions * 5}::int - n) * interval '2 minutes' AS at
        FROM (SELECT string_to_array(${goods.join(" ")}, ' ')) words (goods)
      ) turn
    ORDER BY n, type DESC`
})
