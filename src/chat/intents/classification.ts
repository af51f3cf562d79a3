/** Words that ask for a code, a rate or a place in the Harmonized System. Data only. */
import type { Rule } from "./rules.ts"

export const classification: ReadonlyArray<Rule> = [
  {
    name: "asks for nothing but a code or a rate",
    weight: 4,
    ko: [
      /^(?!.*(?:랑 |하고 |및 |그리고|[와과] |[,+&·]|\band\b)).+(?:hs\s*(?:코드|code)|세번(?:부호)?|품목\s*(?:번호|분류)|관세율|세율)(?:은|는|이|가|을|를|좀)?(?: (?:알려|뭐|뭔|좀|부탁|찾아|얼마|몇)\S*)*[\s?.!~]*$/,
    ],
    en: [
      /^(?!what(?:'?s| is| are)(?: an?| the)? (?:hs|hts|tariff)|.*(?:\b(?:and|plus|or|vs)\b|[,+&])).+(?:\bhs ?codes?|\bhts codes?|tariff codes?|duty rate|tariff rate)[\s?.!]*(?:pls|please)?$/,
    ],
  },
  {
    name: "asks for a code",
    weight: 3,
    ko: [
      /(?:hs|hsk|ㅎㅅ)\s*-?\s*(?:코드|부호|번호)|세번|품목\s*(?:번호|코드|분류|부호)|(?:몇|어느)\s*(?:류|호(?!선)|번(?=이|으|인|에|$))/,
      /분류/,
    ],
    en: [
      /\bhs\s*-?\s*(?:codes?|number|no\b|classif)|\bhscode|\bhts(?:us|k)?\b/,
      /\bhs(?=\s*(?:$|[?.!,~]|and\b|or\b|for\b|of\b))/,
      /(?:commodity|customs|tarr?iff?|taric) (?:codes?|numbers?|headings?|classif)|\bschedule.b\b/,
      /classif(?:y|ied|ic)|\bheading|(?:which|what) chapter/,
    ],
  },
  {
    name: "asks for a rate",
    weight: 3,
    ko: [/(?<!반덤핑|덤핑방지|할당|상계|긴급|보복|환급)관세(?!사|청|환급|\s*환급|법|평가|선|장벽)|세율/],
    en: [
      /(?<!dumping |countervailing )\bdut(?:y|ies)\b(?! drawback|.free shop)|\btariffs?\b|\bmfn\b/,
      /import tax|customs tax/,
    ],
  },
  {
    name: "asks for a rate under an agreement",
    weight: 3.5,
    ko: [/fta\s*(?:협정)?\s*(?:관세|세율)/],
    en: [/(?:fta|korus|rcep|usmca) (?:preferential )?(?:rate|duty|tariff)/],
  },
  {
    name: "asks for some code, or where a good belongs",
    weight: 2,
    ko: [
      /코드\s*(?:가|는|를|번호)?\s*(?:좀|뭐|뭘|뭔|몇|알려|찾|어떻)|맞는\s*코드|세금|어디(?:에|로)\s*(?:들어가|속하|분류|해당)/,
      /\d{4}(?:\.\d\d)?\s*(?:인가요?|이?랑|하고|아니면|vs)\s.*\d{4}|무슨\s*품목/,
    ],
    en: [
      /\bcodes? (?:for|of|is|should)\b|(?:what|which|correct|right) code/,
      /\d{4}(?:\.\d\d)?\s*(?:or|vs\.?|and)\s*\d{4}|(?:fall|go|belong)s? (?:under|in|into)/,
      /does \d{4}(?:\.\d\d)? cover/,
    ],
  },
]
