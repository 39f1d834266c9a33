"""What a bookshop tells its hub before anything is sent: who there is, what is written to them, and on whose behalf."""

from collections.abc import Mapping
from typing import Any

CATEGORIES = {
    "root_categories": [
        {
            "root_category": "transactional",
            "sections": [
                {
                    "name": "Orders",
                    "categories": [
                        {
                            "category": "order-updates",
                            "name": "Order updates",
                            "description": "Where your books are",
                            "default_preference": "cant_unsubscribe",
                            "default_mandatory_channels": ["email"],
                        },
                        {
                            "category": "returns",
                            "name": "Returns",
                            "description": "What became of a book that you sent back",
                            "default_preference": "opt_in",
                        },
                    ],
                }
            ],
        },
        {
            "root_category": "promotional",
            "sections": [
                {
                    "name": "Reading",
                    "description": "For those who want to read more",
                    "categories": [
                        {
                            "category": "weekly-reading",
                            "name": "Weekly reading",
                            "description": "Five books, every Friday",
                            "default_preference": "opt_in",
                            "default_opt_in_channels": ["email", "inbox"],
                        },
                        {
                            "category": "author-evenings",
                            "name": "Author evenings",
                            "description": "Readings in our shops",
                            "default_preference": "opt_out",
                        },
                    ],
                }
            ],
        },
    ]
}

TENANTS: Mapping[str, Mapping[str, Any]] = {
    "default": {
        "tenant_name": "Larkspur Books",
        "primary_color": "#5b3a8c",
        "secondary_color": "#f2ecfa",
        "social_links": {"website": "https://larkspur.example"},
        "timezone": "Europe/Lisbon",
    },
    "harbour": {
        "tenant_name": "Harbour Readers",
        "primary_color": "#0f5f73",
        "secondary_color": "#e4f2f4",
        "tertiary_color": "#f0b429",
        "social_links": {"website": "https://harbour.example", "instagram": "https://instagram.com/harbour"},
        "blocked_channels": ["sms"],
        "properties": {"city": "Porto"},
    },
    "pine-press": {"tenant_name": "Pine Press", "primary_color": "#2f6b3a"},
}

PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ines-carvalho": {
        "name": "Inês Carvalho",
        "$email": ["ines@example.com"],
        "$sms": "+351210000001",
        "$whatsapp": "+351210000001",
        "$androidpush": "device-of-ines-0123456789abcdef",
        "$timezone": "Europe/Lisbon",
        "city": "Lisbon",
    },
    "tomas-novak": {"name": "Tomáš Novák", "$email": ["tomas@example.com"], "$sms": "+420210000002", "city": "Brno"},
    "mei-tanaka": {"name": "Mei Tanaka", "$email": ["mei@example.com", "mei@work.example.com"], "city": "Osaka"},
    "samuel-okafor": {"name": "Samuel Okafor", "$email": ["samuel@example.com"], "$sms": "+234210000004"},
    "freya-lindqvist": {
        "name": "Freya Lindqvist",
        "$email": ["freya@example.com"],
        "$sms": "+46210000005",
        "$androidpush": "device-of-freya-0123456789abcdef",
        "$preferred_language": "sv",
    },
    "omar-haddad": {"name": "Omar Haddad", "$email": ["omar@example.com"], "city": "Tunis"},
    "lucia-moretti": {"name": "Lucia Moretti", "$email": ["lucia@example.com"], "city": "Turin"},
    "ben-whitaker": {"name": "Ben Whitaker", "$email": ["ben@example.com"], "city": "Leeds"},
}

_SHIPPED_MAIL = """<h1 style="color: {{$brand.primary_color}}">On its way</h1>
<p>Dear {{first_name}},</p>
<p>your order {{order_id}} left our shop today:</p>
<ul>{{#each books}}<li>{{this}}</li>{{/each}}</ul>
<p><a href="https://larkspur.example/orders/{{order_id}}">Follow the parcel</a></p>
<p><a href="{{$hosted_preference_url}}">Choose what we write to you</a></p>
"""
_WEEKLY_MAIL = """<h1 style="color: {{$brand.primary_color}}">Five books for the weekend</h1>
<p>Chosen by {{bookseller}}, who read all of them.</p>
<p><a href="{{$hosted_preference_url}}">Choose what we write to you</a></p>
"""

TEMPLATES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "order-shipped": {
        "email": {
            "subject": "Order {{order_id}} is on its way",
            "preheader": "{{length books}} books left our shop today",
            "body": {
                "type": "raw",
                "raw": {"html": _SHIPPED_MAIL, "text": "Dear {{first_name}}, order {{order_id}} is on its way."},
            },
        },
        "sms": {"body": "Larkspur Books: order {{order_id}} is on its way. {{$hosted_preference_url}}"},
        "whatsapp": {
            "header": {"format": "TEXT", "text": "Order {{order_id}}"},
            "body": {"text": "Dear {{first_name}}, your books are on their way."},
            "footer": {"text": "Larkspur Books"},
        },
        "androidpush": {"header": "On its way", "body": "Order {{order_id}} left our shop."},
        "inbox": {
            "header": "Order {{order_id}}",
            "body": "Your books are on their way, **{{first_name}}**.",
            "action_url": "https://larkspur.example/orders/{{order_id}}",
            "buttons": [{"text": "Follow the parcel", "url": "https://larkspur.example/orders/{{order_id}}"}],
        },
    },
    "weekly-reading": {
        "email": {
            "subject": "Five books for the weekend",
            "body": {"type": "raw", "raw": {"html": _WEEKLY_MAIL, "text": "Five books, chosen by {{bookseller}}."}},
        },
        "inbox": {"header": "Five books for the weekend", "body": "Chosen by {{bookseller}}."},
    },
    "new-password": {
        "email": {
            "subject": "A new password for your account",
            "body": {
                "type": "plain_text",
                "plain_text": {"text": "Dear {{first_name}}, choose a new password: https://larkspur.example/password"},
            },
        }
    },
    "welcome": {
        "email": {
            "subject": "Welcome to Larkspur Books, {{first_name}}",
            "body": {"type": "plain_text", "plain_text": {"text": "Dear {{first_name}}, come in and look around."}},
        },
        "inbox": {"header": "Welcome", "body": "Tell us which books you like, {{first_name}}."},
    },
    "stock-is-low": {
        "slack": {"body_type": "text", "body_text": "*{{title}}*: {{left}} copies left in {{shop}}"},
        "ms_teams": {"body_type": "text", "body_text": "{{title}}: {{left}} copies left in {{shop}}"},
    },
}

SAMPLE_DATA = {"first_name": "Inês", "order_id": "LB-2041", "books": ["The Left Hand of Darkness", "Middlemarch"]}

WELCOME_WORKFLOW = {
    "name": "Welcome",
    "description": "What people hear after they signed up",
    "category": "order-updates",
    "tags": ["lifecycle"],
    "trigger_type": "event",
    "trigger_events": ["SIGNED_UP"],
    "payload_schema": {"schema": "sign-up", "version_no": 1},
    "tree": {
        "nodes": [
            {"node_type": "send_inbox", "name": "Say hello", "properties": {"template": "welcome"}},
            {"node_type": "delay", "name": "Give them a day", "properties": {"delay_type": "fixed", "value": "1d"}},
            {"node_type": "send_email", "name": "Write a mail", "properties": {"template": "welcome"}},
        ]
    },
}

SIGN_UP_SCHEMA = {
    "name": "Sign-up",
    "description": "What the shop tells of somebody who signed up",
    "json_schema": {"type": "object", "required": ["first_name"], "properties": {"first_name": {"type": "string"}}},
}

TEXTS = {"greeting": "Good morning", "orders": {"shipped": "On its way", "delivered": "It is there"}}
