"""Given and family names, in several scripts, from which the demo's campaign makes its fictional people."""

from __future__ import annotations

# Each pair: name as written, and its spelling in an address.
NAMES: tuple[tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]], ...] = (
    (
        (
            *((name, name.lower()) for name in ("Anna", "Ben", "Clara", "David", "Emma", "Finn", "Grace", "Henry")),
            *((name, name.lower()) for name in ("Isla", "Jonas", "Kira", "Liam", "Mara", "Noah", "Olga", "Paul")),
            *((name, name.lower()) for name in ("Quinn", "Rosa", "Simon", "Tara", "Uma", "Viktor", "Wendy", "Yara")),
            ("Jürgen", "juergen"),
            ("Siobhán", "siobhan"),
            ("Łukasz", "lukasz"),
            ("Agnieszka", "agnieszka"),
            ("Marie-Ève", "marie-eve"),
            ("Tomás", "tomas"),
            ("Þórdís", "thordis"),
            ("Nguyệt", "nguyet"),
        ),
        (
            *((name, name.lower()) for name in ("Adler", "Baker", "Costa", "Dietrich", "Evans", "Fischer", "Garcia")),
            *((name, name.lower()) for name in ("Hansen", "Ivanov", "Jensen", "Keller", "Lopez", "Meyer", "Novak")),
            *((name, name.lower()) for name in ("Okafor", "Petrov", "Quist", "Rossi", "Schmidt", "Turner", "Weber")),
            ("Großmann", "grossmann"),
            ("Dąbrowska", "dabrowska"),
            ("O’Rourke", "orourke"),
            ("Wiśniewski", "wisniewski"),
            ("Echeverría", "echeverria"),
            ("Jónsdóttir", "jonsdottir"),
            ("Phạm", "pham"),
            ("Tremblay-Archambault", "tremblay"),
        ),
    ),
    (
        (("Олена", "olena"), ("Іван", "ivan"), ("Марія", "maria"), ("Дмитро", "dmytro")),
        (("Коваленко", "kovalenko"), ("Шевченко", "shevchenko"), ("Бондар", "bondar")),
    ),
    (
        (("Προκόπης", "prokopis"), ("Ελένη", "eleni"), ("Νίκος", "nikos")),
        (("Παπαδόπουλος", "papadopoulos"), ("Γεωργίου", "georgiou")),
    ),
    (
        (("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi")),
        (("美咲", "misaki"), ("健太", "kenta"), ("陽菜", "hina")),
    ),
    ((("王", "wang"), ("李", "li"), ("张", "zhang")), (("小明", "xiaoming"), ("丽娜", "lina"), ("伟", "wei"))),
    ((("דוד", "david"), ("נועה", "noa")), (("לוי", "levi"), ("כהן", "cohen"))),
    ((("أميرة", "amira"), ("يوسف", "yusuf")), (("حداد", "haddad"), ("منصور", "mansour"))),
)
# How often a name is of each of these groups, out of 100.
WEIGHTS = (76, 6, 4, 5, 4, 2, 3)
TEAMS = (
    ("Customer care", 11, 0.9),
    ("Finance", 8, 0.85),
    ("Engineering", 20, 0.75),
    ("Sales EMEA", 13, 0.7),
    ("People and culture", 4, 0.68),
    ("Operations", 21, 0.6),
    ("Sales APAC", 9, 0.55),
    ("Logistics", 14, 0.4),
)
