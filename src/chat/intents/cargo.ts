/** Words that ask where a consignment is. Data only. */
import type { Rule } from "./rules.ts"

export const cargo: ReadonlyArray<Rule> = [
  {
    name: "the number of a consignment",
    weight: 3,
    ko: [
      /(?:운송장|송장|화물\s*관리|배송|컨테이너|컨|부킹|택배|수출\s*신고|수입\s*신고|b\/?l|h\/?bl|m\/?bl|비엘)\s*(?:번호|넘버|no)/,
      /(?:하우스|마스터)\s*비엘/,
    ],
    en: [
      /\b[a-z]{4} ?\d{7}\b|\b\d{3}-\d{8}\b|\b[a-z]{2}\d{9}[a-z]{2}\b|\b1z[0-9a-z]{16}\b/,
      /\b(?:b\/?l|[hm]\/?bl|awb|booking|bill)(?: (?:no\.?|number|#))?:? ?[a-z]*\d{5,}/,
      /\b(?:tracking|container|booking|b\/?l|awb) (?:number|no\b|lookup)|\bhbl\b|\bmbl\b|\bawb\b/,
    ],
  },
  {
    name: "asks where it is or how far it got",
    weight: 3,
    ko: [
      /추적(?!기|\s*장치|\s*단말|용)|(?:(?<!유)화물|통관|배송|b\/?l|비엘|컨테이너|운송장|선적|진행\S{0,4}|택배|소포).{0,12}조회/,
      /진행\s*(?:상황|상태|정보|현황)|(?:현재|지금)\s*(?:상태|위치|어디)|어디(?:쯤|까지|있|에\s*있|예요|에요|야|임)/,
      /(?:컨테이너|화물|배|선박|택배)\s*위치(?!\s*추적)|통관\s*상태|선박\s*스케줄|(?:하역|도착|반출|입항|출항)\s*(?:예정|확인)/,
    ],
    en: [
      /where(?:'?s| is| are) (?:my|the|our)\b|^track\b(?! ?suit)/,
      /\btrack(?:ing)? (?:a|my|our|the|this|no\b|number|bl\b|b\/l|container|shipment|cargo|parcel|package|order|air|sea|freight)/,
      /\btracking\s*(?:$|\?|[a-z]*\d)|\btrace (?:a|my|our|the|air|container|shipment|cargo)/,
      /(?:shipment|cargo|clearance|customs|container|delivery|release|order|current|progress|freight|parcel).{0,12}\bstatus/,
      /\bstatus (?:of|check|please|pls)|\beta\b|location of|going on|(?:arrival|delivery) date/,
      /cargo progress/,
    ],
  },
  {
    name: "what became of a consignment",
    weight: 3,
    ko: [
      /(?:도착|입항|출항|출발|하역|반출|선적|통관|수리|접수|제출|발송|배송|운송|양하|출고|반납)(?:이|은|도)?\s*(?:됐|되었|했|완료|중(?!요|국|고)|지연|보류|끝|가능한\s*상태|언제)/,
      /언제(?:쯤)?\s*(?:도착|들어|풀|입항|출항|출고|반출|통관)/,
      /(?:통관|세관|화물|컨테이너|선박|물건|택배|소포|검사|검역|보류|항구)\S{0,4}\s?(?:\S{1,8}\s)?(?:묶|걸렸|걸려|멈|잡혀|지연|보류)/,
      /(?:통관|세관).{0,12}(?:안\s*(?:나|넘|풀)|왜\s|며칠)|필증\s*나|반출\S{0,4}\s*(?:언제|됐|되|가능|예정)/,
    ],
    en: [
      /\b(?:has|have|is|are|did|does|when|will|still|not|been|yet)\b.{0,50}\b(?:arriv|depart|discharg|releas|clear(?:ed|ing)|deliver|load|gated?\b|sail|accept|filed|available|collect|leave|unload)/,
      /\bstuck\b|\b(?:held|hold)\b.{0,15}(?:customs|shipment)|on hold|customs hold|held (?:by|at|up)/,
      /in customs\b|at the (?:port|terminal)|arrival notice|delayed\?|in transit|shipped (?:from|on)/,
    ],
  },
  {
    name: "a consignment under way",
    weight: 2,
    ko: [
      /(?:내|제|우리|저희)\s*(?:화물|택배|소포|컨테이너|물건|짐|배송|컨)|언제(?:쯤)?\s*(?:나와|나오|와|오|받)|보류|특송/,
    ],
    en: [
      /\b(?:my|our) (?:\w+ )?(?:shipment|parcel|package|cargo|container|goods|order|freight|consignment|stuff|pallets?|clearance)/,
      /clearance (?:delay|event|hold)|\b(?:fedex|dhl|ups|usps)\b/,
    ],
  },
  {
    name: "cargo in passing",
    weight: 0.6,
    ko: [/(?<!유)화물|컨테이너|조회|선박/],
    en: [/\bcargo\b|shipment|\bb\/l\b/],
  },
]
