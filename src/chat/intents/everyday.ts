/** Words by which a message tells that it is no trade question, for the trade filter. Data only. */
import type { Rule } from "./rules.ts"

export const everyday: ReadonlyArray<Rule> = [
  {
    name: "weather, time and travel",
    weight: 2,
    ko: [
      /날씨|기온|미세\s*먼지|(?:^|\s)[비눈]이?가?\s*(?:와|오나|올까|온대|오는)|여행|맛집|관광|호텔|숙소|비행기\s*표|기차표|ktx|시간표|지하철|길\s*찾/,
      /지금\s*몇\s*시/,
    ],
    en: [
      /weather(?!.?(?:strip|proof|station|board))|\brain(?:s|ing|y)?\b|\bsnow(?:s|ing|y)?\b|restaurant/,
      /itinerary|\bhotels?\b|flights? (?:to|from)|train times|vacation|tourist|sightseeing|what time/,
    ],
  },
  {
    name: "cooking and eating",
    weight: 2,
    ko: [/끓이|끓여|굽는|굽기|볶는|레시피|요리|맛있|안주|먹으면|먹어|먹을|내리는\s*법|물\s*양|칼로리/],
    en: [
      /recipe|how .{0,14}\b(?:cook|grill|bake|brew|boil|roast|fry)\b|goes (?:well )?with|to eat\b/,
      /for (?:dinner|lunch|breakfast)|calories|caffeine/,
    ],
  },
  {
    name: "using, cleaning and mending things",
    weight: 2,
    ko: [/오래\s*쓰|세탁(?!기)|빨래|빠는|청소|얼룩|수리|고장|깨졌|느려|포맷|때우|냄새|업데이트|정확해|편해|편한/],
    en: [
      /how .{0,14}\b(?:clean|wash|fix|repair|mend|remove)\b|\bfix (?:my|a|the)\b/,
      /(?:remove|get rid of) .*stain|is (?:broken|cracked)|battery last|(?:so|too|very) slow\b/,
      /reinstall|\bsmells?\b|flat (?:bicycle )?tire|comfortable|accurate|unlock my/,
    ],
  },
  {
    name: "health and body",
    weight: 2,
    ko: [
      /아프|아파|아픈|두통|감기|병원|증상|다이어트|운동\s*(?:법|루틴)|여드름|피부|수면|잠이\s*안|발진|임신|스트레스|우울|토해|토하|발라야|혈압/,
    ],
    en: [
      /headache|\bhurts?\b|\bpain\b|\bsick\b|doctor|symptom|\bdiet\b|\bketo\b|workout|\bacne\b|\brash\b/,
      /remed(?:y|ies)\b|\bsleep\b|insomnia|pregnant|stressed|depress|a cold\b|throwing up|lose weight/,
      /put on sunscreen/,
    ],
  },
  {
    name: "people and feelings",
    weight: 2,
    ko: [
      /여자\s*친구|남자\s*친구|여친|남친|연애|사랑|소개팅|화해|결혼|친구|이별|심심|외로|고민|생일|궁합|mbti|운세|사주|로또|층간\s*소음|이웃/,
    ],
    en: [
      /girlfriend|boyfriend|\blove\b|\bdating\b|marriage|my wedding|\bmy friends?\b/,
      /birthday (?:gift|party|present)|\bbored\b|lonely|\bsad\b|ask someone out|horoscope|zodiac|lotter/,
      /neighbou?rs?\b|meaning of life/,
    ],
  },
  {
    name: "entertainment and sports",
    weight: 2,
    ko: [
      /영화|드라마|노래|음악|게임|농담|웃긴|재밌|재미있|책\s*추천|소설|시를\s*(?:써|지)|스윙|축구|야구|골\s*몇|(?:피아노|기타)\s*(?:독학|코드|연습|치)/,
      /만화|연예인|아이돌/,
    ],
    en: [
      /\bmovies?\b|\bsongs?\b|\bjokes?\b|\bfunny\b|\bpoem|\bstory\b|\bnovel\b|\bgoals?\b|\bscore\b/,
      /\bchess\b|golf swing|guitar chord|learn (?:the )?(?:piano|guitar)|celebrit|netflix/,
      /(?:soccer|football) (?:match|game)/,
    ],
  },
  {
    name: "school, work and code",
    weight: 2,
    ko: [
      /파이썬|자바|코딩|프로그래밍|엑셀|함수|수학|문제\s*풀|공부|토익|시험\s*(?:준비|공부)|면접|자기\s*소개|이력서|번역|영어로|역사|조선\s*시대|과제|블랙홀|우주/,
      /지구|연말\s*정산|월세|전세|운전\s*면허|알고리즘|맞춤법/,
    ],
    en: [
      /python|javascript|\bcoding\b|\bprogramming|\bhtml\b|\bsql\b|\bexcel\b|formula\b|\bsolve\b|\bmath/,
      /homework|\bessay\b|cover letter|resume|job interview|translate|history of|\bking of|planet/,
      /\bmoon\b|black hole|\bmy rent\b|driver'?s licen|algorithm|spelling/,
    ],
  },
  {
    name: "politics and investing",
    weight: 4,
    ko: [/대통령|정치|선거|국회|정당|비트코인|암호\s*화폐|주식(?!회사)|부동산|적금|대출/],
    en: [
      /\bpresident\b|election|politic|democrat|republican|bitcoin|crypto|(?:which|buy|best) stocks?\b/,
      /stocks? (?:to buy|will)|mortgage|\bloan\b/,
    ],
  },
  {
    name: "tampering with the service",
    weight: 5,
    ko: [/지시.{0,6}무시|무시하고|프롬프트|개발자\s*모드|제한\s*없이|탈옥|너의\s*설정|역할극/],
    en: [
      /ignore (?:all |your |the |previous )|system prompt|\bact as\b|pretend|jailbreak|no restrictions/,
      /your instructions/,
    ],
  },
]
