"""What two demo databases have in common: everything but ids, instants and secrets."""

from __future__ import annotations

from datetime import datetime

import psycopg

QUESTIONS = {
    "lots": """
        SELECT l.number, p.code, l.decision, l.decision_number, l.vials, l.stability_study,
               l.expires_precision,
               CASE WHEN %(now)s < l.judged_until THEN release_status ELSE next_status END,
               (SELECT string_agg((b->>'code') || ' ' || (b->>'record'), ', ' ORDER BY n)
                  FROM jsonb_array_elements(l.blocks) WITH ORDINALITY AS block(b, n))
          FROM products_lot l JOIN products_product p ON p.id = l.product_id ORDER BY 1""",
    "results": """
        SELECT r.number, r.purpose, r.state, c.code, x.version, x.verdict, x.raw_text, x.reported,
               x.unit, x.final, n.printed_name
          FROM products_run r JOIN products_criterion c ON c.id = r.criterion_id
          LEFT JOIN products_result x ON x.run_id = r.id
          LEFT JOIN products_person n ON n.id = x.performed_by_id ORDER BY r.number, x.version""",
    "readings": """
        SELECT r.number, g.sequence, g.name, g.replicate, g.vessel, g.medium, g.role, g.text, g.unit
          FROM products_reading g JOIN products_run r ON r.id = g.run_id ORDER BY 1, 2""",
    "signatures": """
        SELECT s.meaning, s.printed_name, s.record_kind, count(*) FROM products_signature s
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    "amendments": """
        SELECT a.number, a.kind, r.number, x.version, a.belongs_to, a.needs_second, s.outcome
          FROM products_amendment a LEFT JOIN products_run r ON r.id = a.run_id
          LEFT JOIN products_result x ON x.id = a.result_id
          LEFT JOIN products_secondsignature s ON s.amendment_id = a.id ORDER BY 1""",
    "evidence": """
        SELECT e.name, e.media_type, e.sha256 FROM products_evidence e ORDER BY 1, 3""",
    "sources": """
        SELECT s.number, s.kind, s.form, d.code FROM products_tissuesource s
          JOIN products_donor d ON d.id = s.donor_id ORDER BY 1""",
}

Rows = list[tuple[object, ...]]


def snapshot(connection: psycopg.Connection, now: datetime) -> dict[str, Rows]:
    return {
        name: connection.execute(question, {"now": now}).fetchall()
        for name, question in QUESTIONS.items()
    }
