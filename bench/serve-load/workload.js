/** Questions and answers of everyday things, in two languages: a document has about 60 tokens. */
export const QUERIES = [
  "how do I remove limescale from a kettle?",
  "how much air does a bicycle tyre need?",
  "how is red wine kept?",
  "why do tides come twice a day?",
  "如何给水壶除垢?",
  "潮汐是怎样形成的?",
  "when are tomatoes planted?",
  "what is the capital of Australia?",
];

const SENTENCES = [
  "Vinegar or citric acid dissolves limescale: boil it in the kettle, wait for half an hour, and rinse twice.",
  "A city bicycle needs about four bar of air in its tyres, a racing bicycle seven, a mountain bicycle two.",
  "Store red wine lying down, in the dark, at twelve degrees, so that the cork stays wet and lets no air in.",
  "The moon pulls at the sea on both sides of the earth, which turns below two bulges of water in a day.",
  "水壶每月用柠檬酸除垢一次:加水煮沸,静置半小时,再用清水冲洗两遍。",
  "月球的引力使海水在地球两侧隆起,地球自转一周经过两次隆起,因此每天有两次潮汐。",
  "Tomatoes go out after the last frost, in the middle of May, and want sun, warmth and a stake to climb.",
  "Canberra was built as the capital because Sydney and Melbourne could not agree on which of them it was to be.",
  "The kettle boils a litre of water in three minutes; an induction stove is as fast, and gas takes twice as long.",
  "Foxes sleep in dens, which they dig themselves or take over from badgers, and come out at dusk.",
];

/** Ten documents, of which each says two things. */
export const DOCUMENTS = SENTENCES.map((sentence, at) => `${sentence} ${SENTENCES[(at + 3) % SENTENCES.length]}`);

/** Three short ones. */
export const SHORT_DOCUMENTS = SENTENCES.slice(0, 3);
