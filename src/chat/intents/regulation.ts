/** Words that ask what is required or forbidden. Data only. */
import type { Rule } from "./rules.ts"

export const regulation: ReadonlyArray<Rule> = [
  {
    name: "origin and free trade agreements",
    weight: 3,
    ko: [/원산지|fta|인증\s*수출자|자율\s*발급|협정/],
    en: [
      /(?:certificates?|rules?|country) of origin|origin (?:criteri|mark|declar|rule|cert|statement)/,
      /\bfta\b|\brcep\b|\busmca\b|\bkorus\b|\bcptpp\b|self.?certif|eligib|\bcth\b|\bctsh\b/,
    ],
  },
  {
    name: "rules, bans and permits",
    weight: 3,
    ko: [
      /요건|규정|규제|규칙|허가|면허|승인|금지|제한|제재|전략\s*물자|쿼터|할당|통합\s*공고|세관장\s*확인|면제|의무|필수|과태료|벌금|반송|불법|위험물/,
      /표시\s*(?:사항|기준|의무|방법|해야|안)|라벨링/,
    ],
    en: [
      /requirement|\brequired\b|regulat(?:ion|ory|ed)|restrict|prohibit|\bban(?:s|ned)?\b/,
      /(?<!driver'?s )\blicen[cs](?:e|ing)\b(?! plate)|permit|sanctions?\b|export control|dual.use/,
      /\bquotas?\b|embargo|illegal|legal to|mandatory|compl(?:y|iance)/,
      /label+ing (?:rule|law|req|for\b|reg)|(?<!slide )\brules?\b|penalt|dangerous goods|hazmat/,
      /directive|\bstandards\b/,
    ],
  },
  {
    name: "certification and inspection",
    weight: 3,
    ko: [
      /인증(?!샷|\s*수출자|번호)|\bkc\b|kc\s*(?:마크|안전)|적합성|전파법|전안법|안전\s*(?:확인|검사|기준)|성적서|식약처|정밀\s*검사|식품\s*검사/,
      /위생\s*(?:요건|증명|검사|기준|허가)|할랄|시험\s*(?:성적|검사)/,
    ],
    en: [
      /certification|\bcert\b|\bkc\b|\bce mark|\bfda\b|\bfcc\b|\breach\b|\brohs\b|\bmsds\b|halal/,
      /\bcbam\b|\bcites\b|safety (?:certificate|test|standard)|conformity|food inspection|test reports?/,
      /residue/,
    ],
  },
  {
    name: "quarantine and health",
    weight: 3,
    ko: [/검역|방역|훈증|소독|열처리\s*(?:마크|증명|안|해야|필요|도장)|위생\s*증명/],
    en: [/quarantine|phytosanitary|fumigat|\bispm\b|(?:health|sanitary|veterinary) cert|sanitary/],
  },
  {
    name: "trade remedies",
    weight: 3.5,
    ko: [/덤핑|상계\s*관세|세이프\s*가드|긴급\s*관세|보복\s*관세|할당\s*관세/],
    en: [/anti.?dumping|countervailing|safeguard|section (?:232|301)/],
  },
  {
    name: "documents to have or hand in",
    weight: 3,
    ko: [/서류|(?:뭐가|무엇이|뭘)\s*필요|필요한\s*(?:것|게|거)|구비/],
    en: [/\bdocuments?\b|\bdocs\b|paperwork|which papers?\b|what papers?\b/],
  },
  {
    name: "asks whether it may be done",
    weight: 2,
    ko: [
      /(?:수입|수출|반입|통관|직구)\s*(?:이|은|도|해도|할\s*수)?\s*(?:가능|되나|돼|될까|있나|있어|안\s*되)|대상\s*(?:인|여부|품목|이|에)/,
      /몇\s*개까지|받아야|신고\s*(?:해야|대상)|필요(?:한가|해|하나|합)/,
    ],
    en: [
      /\b(?:can|may) (?:i|we|you) (?:still )?(?:import|export|ship|bring|send|sell)/,
      /(?:do|does|will) .{1,40} need\b|\bneeded\b|\ballowed\b|certificate/,
    ],
  },
]
