/** Words of the trade that people want explained. Data only: sources of regular expressions. */

const ko = [
  "인코텀즈|신용장|선하증권|비엘|송금|추심|화물\\s*인도\\s*지시서|인보이스|송장|패킹\\s*리스트|적하\\s*목록|선적\\s*서류",
  "원산지\\s*증명서?|fta|관세\\s*환급|정액\\s*환급|간이\\s*통관|통관\\s*고유\\s*부호|보세\\S{0,4}|병행\\s*수입|위탁\\s*가공",
  "중[계개]\\s*무역|포워더|포워딩|관세사|관세청|세관|관부가세|부가세|과세\\s*가격|관세(?:이?랑|와|과|하고)\\s*부가세",
  "체선료|지체료|디머리지|보관료|프리\\s*타임|용어",
].join("|")

const en = [
  "incoterms?(?: \\d{4})?|fob|cif|cfr|exw|ddp|ddu|dap|fca|cpt|cip|fas|dpu|l/?c|letters? of credit|t/t|d/[pa]|telex release",
  "b/?l|switch b/?l|(?:sea )?(?:way)?bills? of lading|(?:sea|air) ?waybill|(?:proforma|commercial) invoice|packing list",
  "fta|free trade agreement|certificates? of origin|aeo|(?:duty )?drawback|simplified clearance|bonded \\w+|de minimis",
  "customs (?:brokers?|value|bond)|(?:freight )?forwarders?|consignee|shipper|delivery order|pre-?shipment inspection",
  "demurrage|detention|free time|storage fee|lcl|fcl|thc|cbm|moq|baf|surcharge|vat|drop ?shipping|transshipment",
].join("|")

/** Any of them, and those of either language apart. */
export const terms = { ko, en: `\\b(?:${en})\\b`, any: `(?:${ko}|\\b(?:${en})\\b)` }
