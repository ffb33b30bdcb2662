//! Answers by keyword, for the sample cards and for demonstrations. `{}` stands for the prompt's subject.

use crate::dice::Dice;

use super::prose::subject;

struct Script {
    /// Lower case; one of them in the prompt is enough.
    keywords: &'static [&'static str],
    /// Told apart by the dice.
    answers: &'static [&'static str],
}

/// The first script with a keyword in the prompt answers, so the particular stands before the general.
const SCRIPTS: &[Script] = &[
    Script {
        keywords: &["sql", "select ", "database query", "query the"],
        answers: &[
            "```sql\nSELECT customer_id, COUNT(*) AS orders, SUM(total) AS revenue\nFROM orders\nWHERE created_at >= DATE('now', '-30 days')\nGROUP BY customer_id\nORDER BY revenue DESC\nLIMIT 10;\n```\nThis answers: {}.",
            "```sql\nSELECT c.name, SUM(o.total) AS revenue\nFROM customers AS c\nJOIN orders AS o ON o.customer_id = c.id\nGROUP BY c.name\nORDER BY revenue DESC;\n```\nIt reads: {}.",
        ],
    },
    Script {
        keywords: &["a story", "short story", "poem", "fairy tale", "fiction"],
        answers: &[
            "Once upon a time there was {}. Every evening a lantern was lit by the old harbour, and one night it stayed dark. What followed changed everybody who had waited there. In the end the light came back, and nobody forgot who had carried it.",
            "It began with {}. Nobody in the village believed it, until the river rose. Together they built a bridge in one night, and in the morning the story was already a legend.",
        ],
    },
    Script { keywords: &["summar", "tl;dr", "in one sentence"], answers: &["Summary: {}.", "In short: {}."] },
    Script {
        keywords: &["contract", "clause", "legal", "agreement"],
        answers: &[
            "Clause reviewed: {}.\n- Risk: medium. Liability is not capped.\n- Obligation: written notice of 30 days before termination.\n- Recommendation: limit liability to the fees of twelve months. This is not legal advice.",
        ],
    },
    Script {
        keywords: &["customer", "support ticket", "complain", "refund"],
        answers: &[
            "Hello, thank you for writing to us, and we are sorry for the trouble. We understand your concern: {}. We have opened a ticket and will reply within one business day. Kind regards, the support team",
            "Hello, we apologise for the inconvenience. About your message ({}): our team is looking into it and will write to you today. Thank you for your patience.",
        ],
    },
    Script {
        keywords: &["tweet", "social media", "linkedin", "instagram", "hashtag", "post about"],
        answers: &[
            "Big news: {}! Small steps, real results. What would you try first? #launch #team",
            "We have been working on {}. Today we share it. Tell us what you think. #news #community",
        ],
    },
    Script {
        keywords: &[
            "documentation",
            "api reference",
            "readme",
            "user guide",
            "technical doc",
            "release notes",
            "document",
        ],
        answers: &[
            "# {}\n\n## Overview\nThis page says what it does and when to use it.\n\n## Usage\n1. Install the package.\n2. Set the address of the server.\n3. Call the function and check the result.\n\n## Parameters\n| name | type | meaning |\n|---|---|---|\n| `timeout` | integer | seconds until the call is given up |\n\n## Example\n```sh\ntool run --timeout 30\n```",
        ],
    },
    Script {
        keywords: &["function", "code", "python", "rust", "javascript", "program", "algorithm"],
        answers: &[
            "```python\ndef solve(items):\n    \"\"\"{}\"\"\"\n    result = []\n    for item in items:\n        if item not in result:\n            result.append(item)\n    return result\n```",
            "```python\ndef solve(text):\n    \"\"\"{}\"\"\"\n    return \"\".join(reversed(text))\n```\nIt runs in linear time.",
        ],
    },
    Script {
        keywords: &["strategy", "business", "market", "swot", "competitor", "startup"],
        answers: &[
            "Strategy for {}:\n1. Market: win one narrow segment first.\n2. Product: solve its costliest problem.\n3. Price: charge by value, with a free start.\n4. Risk: a larger competitor may follow; speed and support are the defence.\nMeasure: customers who come back after 90 days.",
        ],
    },
    Script {
        keywords: &["explain", "teach", "lesson", "student", "beginner", "quiz"],
        answers: &[
            "Let us look at {}. Think of it as a recipe: first the parts, then the order, then the result. For example, take one simple case and follow it step by step. Question for you: what changes if one part is missing?",
            "In simple words, {}: it is easier than it sounds. Imagine a row of boxes, each with one thing in it. Step by step you open them in order. Remember: practise with a small example.",
        ],
    },
    Script {
        keywords: &["solve", "puzzle", "problem", "reason", "step by step"],
        answers: &[
            "Step 1: write down what is known: {}.\nStep 2: find what is asked.\nStep 3: go from the known to the unknown, one step at a time.\nStep 4: check the result against the question.\nConclusion: the simplest explanation that fits all facts is the best one.",
        ],
    },
    Script { keywords: &["translate"], answers: &["Voici la traduction : {}."] },
    Script { keywords: &["capital of france"], answers: &["Paris"] },
    Script { keywords: &["hello", "good morning"], answers: &["Hello! How can I help you today?"] },
];

/// What the first script that knows the prompt says.
pub(super) fn reply(prompt: &str, dice: &mut Dice) -> Option<String> {
    let lower = prompt.to_ascii_lowercase();
    let knows = |script: &&Script| script.keywords.iter().any(|keyword| lower.contains(keyword));
    let answer = dice.pick(SCRIPTS.iter().find(knows)?.answers);
    Some(answer.replace("{}", &subject(prompt)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_takes_up_its_subject() {
        let say = |prompt| reply(prompt, &mut Dice::new(3, [])).unwrap_or_default();
        assert!(say("Write a short story about a shy dragon").contains("a shy dragon"));
        assert!(say("Write an SQL query that finds the best customers").contains("SELECT"));
        assert!(say("Write technical documentation for the function `parse`").contains("## Usage"));
        assert!(say("Write a short story about a student who codes").contains("a student who codes"));
        assert!(say("Write a Python function that removes duplicates").contains("def "));
        assert_eq!(reply("Zebras and umbrellas", &mut Dice::new(3, [])), None);
    }
}
