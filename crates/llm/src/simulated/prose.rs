//! Running text, by what kind of text a prompt asks for.

use super::draw::Draw;
use super::prompt::Prompt;

/// A kind of text: the words that ask for it, and its forms. `{}` is what the prompt is about.
struct Form {
    asked_by: &'static [&'static str],
    texts: &'static [&'static str],
}

const FORMS: [Form; 12] = [
    Form {
        asked_by: &["sql", "select statement", "database query"],
        texts: &[
            "```sql\nSELECT customer_id, COUNT(*) AS orders, SUM(total) AS revenue\nFROM orders\nWHERE created_at >= '2026-01-01'\nGROUP BY customer_id\nORDER BY revenue DESC\nLIMIT 10;\n```",
            "```sql\nSELECT c.name, COUNT(o.id) AS orders\nFROM customers AS c\nJOIN orders AS o ON o.customer_id = c.id\nWHERE o.status = 'paid'\nGROUP BY c.name\nORDER BY orders DESC;\n```",
        ],
    },
    Form {
        asked_by: &["contract", "clause", "agreement", "liability"],
        texts: &[
            "Clause on {}. (1) The parties shall treat all information received under this agreement as confidential. (2) Liability is limited to the fees paid in the preceding twelve months. (3) Either party may terminate with thirty days' written notice. This text is no legal advice.",
            "The passage on {} binds both parties. Obligations: payment within thirty days, confidentiality, written notice. Risk: liability is not capped. Termination: thirty days, in writing.",
        ],
    },
    Form {
        asked_by: &["tweet", "social media", "social post", "linkedin", "instagram", "hashtag", "post about"],
        texts: &[
            "Big news: {}. See for yourself what changes today. #launch #news",
            "We have worked hard on {}, and today you can try it. Tell us what you think. #launch #news",
        ],
    },
    Form {
        asked_by: &["support", "customer", "complaint", "apolog"],
        texts: &[
            "Hello, thank you for writing to us about {}. I am sorry for the trouble. I have looked into it and started the next step; you will hear from us within one working day. Kind regards, the support team",
            "Hello, I am sorry that this happened. Thank you for telling us about {}. Please send us your order number, and we will refund or replace it, as you prefer. Kind regards, the support team",
        ],
    },
    Form {
        asked_by: &["summar", "tl;dr", "key points"],
        texts: &[
            "In short: {}. The main point is stated first, its reasons follow, and a decision is still open.",
            "Summary: it is about {}. Three things stand out: what changed, whom it concerns, and what comes next.",
        ],
    },
    Form {
        asked_by: &[
            "function",
            "code",
            "python",
            "javascript",
            "rust",
            "typescript",
            "algorithm",
            "refactor",
        ],
        texts: &[
            "```python\ndef solve(items):\n    \"\"\"Return the distinct items in order.\"\"\"\n    seen = set()\n    return [item for item in items if not (item in seen or seen.add(item))]\n```\n\nIt handles {} in one pass and leaves its input unchanged.",
            "```python\ndef solve(text):\n    \"\"\"Return the text reversed.\"\"\"\n    return text[::-1]\n```\n\nFor {} this takes linear time. An empty input gives an empty result.",
        ],
    },
    Form {
        asked_by: &["documentation", "readme", "api reference", "docstring", "document the"],
        texts: &[
            "# {}\n\n## Overview\nWhat it does and when to use it.\n\n## Usage\n1. Install it.\n2. Configure it.\n3. Run it.\n\n## Parameters\n- `name`: what it applies to\n\n## Errors\nEach error names its cause and its remedy.",
            "## {}\n\nUsage: call it with a name. It returns the result, or an error that says why.\n\n### Parameters\n- `name` (text, required)\n\n### Example\n```\nrun --name example\n```",
        ],
    },
    Form {
        asked_by: &["strategy", "business plan", "swot", "market", "roadmap"],
        texts: &[
            "Strategy for {}:\n1. Goal: one measurable result a quarter.\n2. Customers: start with the group that has the problem today.\n3. Risks: cost and time; review both monthly.\n4. Next step: a pilot with three customers.",
            "Strategy for {}:\n1. Strengths: a team that knows its customers.\n2. Weaknesses: little reach.\n3. Opportunities: partners.\n4. Threats: a cheaper rival.\n5. Next step: decide on one market.",
        ],
    },
    Form {
        asked_by: &["lesson", "teach", "explain", "student", "quiz", "beginner", "learn"],
        texts: &[
            "Let us look at {}. Think of it like water in a pipe: what goes in comes out, only the form changes. For example, take a small case and follow it step by step. Question for you: what happens if you double it?",
            "{} in simple words: it is a way to get from what we have to what we need. First comes the idea, then an example, then an exercise. For example, try it with numbers you know. Question for you: where have you seen it before?",
        ],
    },
    Form { asked_by: &["translat"], texts: &["Übersetzung: {}", "Die Übersetzung lautet: {}"] },
    Form {
        asked_by: &["story", "tale", "poem", "novel", "fairy"],
        texts: &[
            "Once upon a time there was {}. Nobody had seen anything like it. One night the wind turned, a light went out, and somebody had to go and look. In the morning everything was as before, except for a small key on the doorstep.",
            "It began with {}. The old people shook their heads, the children ran ahead. At the end of the road stood a door that had not been there yesterday. They knocked, and it opened from within.",
        ],
    },
    Form {
        asked_by: &["email", "e-mail", "letter", "message to"],
        texts: &[
            "Subject: {}\n\nHello,\n\nI am writing about {}. Could we talk about it this week? Thursday at ten would suit me.\n\nKind regards",
            "Subject: {}\n\nHello,\n\nhere is where we stand on {}: the work is on time, one question is open. I will write again on Friday.\n\nKind regards",
        ],
    },
];

const ANYTHING: [&str; 3] = [
    "On {}: there are two things to say. It depends on what you need, and it is best tried on a small example first.",
    "{} comes up often. The short answer is yes, with care; the long answer begins with what you want to reach.",
    "About {}, this much is known: it works well where its limits are respected. Start small and measure.",
];

/// A text of the kind that is asked for.
pub(super) fn answer(prompt: &Prompt, draw: &mut Draw) -> String {
    let form = FORMS.iter().find(|form| prompt.mentions(form.asked_by));
    let text = draw.one_of(form.map_or(&ANYTHING[..], |form| form.texts));
    text.replace("{}", &prompt.subject())
}

/// What a model that thinks would say to itself.
pub(super) fn thinking(prompt: &Prompt) -> String {
    format!("The question is about {}. I will answer in the form that is asked for.", prompt.subject())
}
