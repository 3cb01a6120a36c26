"""The memo's rules that the files show by themselves; for each a list of edits that break it, and must be found."""

from collections.abc import Callable

import pytest

from tests.containers import compose_rules as compose
from tests.containers import dockerfile_rules as dockerfiles
from tests.containers.texts import COMPOSE, DOCKERFILES, POSTGRESQL, Texts, texts, with_postgresql

TEXTS = texts()
Find = Callable[[Texts], list[str]]


def test_r01_commands_are_written_in_the_grouped_form() -> None:
    """In the Makefile, the README and the scripts; compose is `docker compose`."""
    assert dockerfiles.ungrouped_commands(TEXTS) == []


def test_r02_one_off_jobs_are_thrown_away_afterwards() -> None:
    """Wherever the Makefile or the README runs one."""
    assert "docker compose run --rm" in TEXTS["README.md"]
    assert compose.left_by_one_off_jobs(TEXTS) == []


def test_r03_no_file_of_the_containers_holds_an_address_of_another_machine() -> None:
    """Names are looked up when they are needed."""
    assert compose.foreign_addresses(TEXTS) == []


def test_r03_every_setting_has_a_default_and_stands_in_the_example() -> None:
    """What differs between machines comes from the environment, and nobody has to set anything."""
    assert compose.settings_without_default_or_example(TEXTS) == []


def test_r04_nginx_has_an_image_of_its_own_with_its_configuration_inside() -> None:
    """Nothing that is mounted is a configuration: the certificates are the user's."""
    assert dockerfiles.configuration_outside_the_image(TEXTS) == []


def test_r05_what_makes_the_containers_is_kept_in_git() -> None:
    """Known to git, or about to be; what is ignored is not."""
    assert compose.unknown_to_git([*DOCKERFILES, COMPOSE, POSTGRESQL, ".env.example"]) == []
    assert compose.unknown_to_git([".dockerignore", "nginx/.dockerignore"]) == []
    assert compose.unknown_to_git(["Dockerfile", ".env", "secrets/database_password"]) == [
        ".env",
        "secrets/database_password",
    ]


def test_r08_networks_are_declared_and_the_apps_has_no_way_out_or_in() -> None:
    """Names resolve on a network of one's own only; nobody is on the default bridge or the host's network."""
    assert compose.networks_of_others(TEXTS) == []


def test_r09_and_r27_nginx_alone_publishes_a_port_and_on_this_machine_unless_told_otherwise() -> None:
    """The host's address is always written down: without one, a port is published everywhere."""
    assert compose.ports_too_many(TEXTS) == []


def test_r11_and_r15_every_container_is_hardened_and_limited() -> None:
    """No capability, no new privileges, a read-only root, tmpfs, limits, health, logs that end."""
    assert compose.unlimited(TEXTS) == []


def test_r12_logs_go_nowhere_but_to_the_output() -> None:
    """nginx's, and uWSGI's."""
    assert compose.log_files(TEXTS) == []


def test_r14_cards_are_bound_and_the_database_is_in_a_volume() -> None:
    """Bind for what people edit, volume for what they don't."""
    assert compose.mounts_of_another_kind(TEXTS) == []


def test_r17_images_are_made_by_dockerfiles_and_never_by_commit() -> None:
    """Each service is built here, and nothing calls `docker container commit`."""
    assert dockerfiles.images_without_a_dockerfile(TEXTS) == []


def test_r18_packages_are_installed_before_the_source_is_copied() -> None:
    """The lock file comes first, the app last."""
    assert dockerfiles.source_before_packages(TEXTS) == []


def test_r19_the_context_holds_what_the_dockerfile_copies_and_nothing_else() -> None:
    """Everything is left out, and what is copied is let in by name: a secret is left out without being thought of."""
    assert compose.let_in_too_much(TEXTS) == []


def test_r20_build_tools_stay_in_the_builder() -> None:
    """The last stage copies what was built, and installs no compiler."""
    assert dockerfiles.compilers_in_the_last_stage(TEXTS) == []


def test_r21_what_installs_cleans_up_in_the_same_layer() -> None:
    """One RUN updates, installs and cleans; pip keeps no cache."""
    assert dockerfiles.uncleaned(TEXTS) == []


def test_r22_the_base_is_slim_debian_and_the_reason_stands_beside_it() -> None:
    """By ARG, so that another release can be tried without an edit."""
    assert dockerfiles.heavy_base(TEXTS) == []


def test_r23_every_instruction_is_used_for_what_it_is_for() -> None:
    """Exec form, a numeric user that is not root, WORKDIR rather than cd, labels, the port that is listened on."""
    assert dockerfiles.misused_instructions(TEXTS) == []


def test_r25_between_nginx_and_the_app_the_uwsgi_protocol_is_spoken() -> None:
    """`uwsgi_pass` with nginx's own parameters, and no `proxy_pass` anywhere."""
    assert dockerfiles.other_protocols(TEXTS) == []


def test_r26_the_readme_says_that_accounts_keep_people_out_and_what_a_firewall_must_do() -> None:
    """The address that is listened on is not a lock."""
    assert compose.unsaid_about_firewalls(TEXTS) == []


def test_r30_make_has_what_one_debugs_with() -> None:
    """And `make` alone lists it with a line."""
    assert compose.missing_in_make(TEXTS) == []


@pytest.mark.parametrize(
    "find",
    [
        compose.foreign_addresses,
        compose.networks_of_others,
        compose.ports_too_many,
        compose.unlimited,
        compose.mounts_of_another_kind,
        compose.passwords_in_the_open,
        dockerfiles.images_without_a_dockerfile,
        dockerfiles.configuration_outside_the_image,
    ],
)
def test_with_postgresql_the_rules_of_the_compose_file_hold_too(find: Find) -> None:
    """For both compose files as the engine is given them; and no password stands in a setting."""
    assert "db:" in with_postgresql(TEXTS)[COMPOSE]
    assert find(with_postgresql(TEXTS)) == []


_SERVER = "nginx/templates/30-server.conf.template"
_CARDS = "source: ./cards\n        target: /cards\n        read_only: true\n"
_LOCKED = "COPY requirements-build.txt ./\n"
_LOCALHOST = '["serve", "--socket", "127.0.0.1:3031"]'
_CMD = '["serve", "--socket", "0.0.0.0:3031"]'
_PORT = "- host_ip: ${OBOEGAKI_LISTEN:-127.0.0.1}\n        published: ${OBOEGAKI_PORT:-8080}\n        target: 8080\n"
_OF_THE_DATABASE = "    networks:\n      - database\n    restart"
_CLEANED = "libexpat1 \\\n    && rm -rf /var/lib/apt/lists/*"

BROKEN: list[tuple[Find, str, str, str]] = [
    (dockerfiles.ungrouped_commands, "Makefile", "docker container stats", "docker stats"),
    (dockerfiles.ungrouped_commands, "README.md", "docker compose logs app", "docker-compose logs app"),
    (compose.left_by_one_off_jobs, "README.md", "docker compose run --rm app", "docker compose run app"),
    (compose.left_by_one_off_jobs, "Makefile", "docker compose run --rm", "docker compose run"),
    (compose.foreign_addresses, _SERVER, "set $app app:3031;", "set $app 172.18.0.3:3031;"),
    (compose.foreign_addresses, COMPOSE, "stop_grace_period: 15s", "extra_hosts: [db=10.0.0.7]"),
    (compose.settings_without_default_or_example, COMPOSE, "${OBOEGAKI_THREADS:-4}", "${OBOEGAKI_THREADS}"),
    (compose.settings_without_default_or_example, POSTGRESQL, "mem_limit: 512m", "mem_limit: ${OBOEGAKI_ROOM:-512m}"),
    (compose.settings_without_default_or_example, ".env.example", "#OBOEGAKI_THREADS=4\n", ""),
    (compose.settings_without_default_or_example, ".env.example", "#OBOEGAKI_THREADS=4", "#OBOEGAKI_THREADS=5"),
    (dockerfiles.configuration_outside_the_image, COMPOSE, "target: /certificates", "target: /etc/nginx/conf.d"),
    (dockerfiles.configuration_outside_the_image, "nginx/Dockerfile", "FROM nginx:", "FROM example/nginx:"),
    (dockerfiles.configuration_outside_the_image, "nginx/Dockerfile", "COPY nginx.conf", "# COPY nginx.conf"),
    (
        compose.networks_of_others,
        COMPOSE,
        "    networks:\n      - back\n    health",
        "    network_mode: host\n    health",
    ),
    (compose.networks_of_others, COMPOSE, "    internal: true\n", ""),
    (compose.networks_of_others, COMPOSE, "      - back\n      - front\n", "      - front\n"),
    (compose.networks_of_others, POSTGRESQL, "    internal: true\n", ""),
    (compose.networks_of_others, POSTGRESQL, _OF_THE_DATABASE, _OF_THE_DATABASE.replace("database", "back")),
    (compose.networks_of_others, POSTGRESQL, _OF_THE_DATABASE, "    restart"),
    (compose.ports_too_many, POSTGRESQL, "    shm_size: 128m\n", '    ports: ["127.0.0.1:5432:5432"]\n'),
    (compose.ports_too_many, COMPOSE, "    stop_grace_period: 15s", '    ports: ["127.0.0.1:3031:3031"]'),
    (compose.ports_too_many, COMPOSE, _PORT, '- "8080:8080"\n'),
    (compose.ports_too_many, COMPOSE, _PORT, _PORT.replace("127.0.0.1", "0.0.0.0")),  # noqa: S104 - the broken one
    (compose.unlimited, COMPOSE, "  read_only: true\n  cap_drop", "  cap_drop"),
    (compose.unlimited, COMPOSE, "  cap_drop: [ALL]", "  cap_drop: [NET_RAW]"),
    (compose.unlimited, COMPOSE, "    pids_limit: 50\n", ""),
    (compose.unlimited, COMPOSE, "    tmpfs:\n      - /tmp:size=128m,mode=1777\n", ""),
    (compose.unlimited, COMPOSE, '["no-new-privileges:true"]', "[]"),
    (compose.unlimited, COMPOSE, "      max-size: 10m\n", ""),
    (compose.unlimited, POSTGRESQL, "    read_only: true\n", ""),
    (compose.unlimited, POSTGRESQL, "    cap_drop: [ALL]\n", "    cap_drop: [ALL]\n    cap_add: [CHOWN]\n"),
    (compose.unlimited, POSTGRESQL, "    mem_limit: 512m\n", ""),
    (compose.unlimited, POSTGRESQL, '["no-new-privileges:true"]', "[]"),
    (compose.log_files, "nginx/nginx.conf", "access_log /dev/stdout line;", "access_log /var/log/nginx/access.log;"),
    (compose.log_files, "uwsgi.ini", "log-master = false", "logto = /data/uwsgi.log"),
    (compose.mounts_of_another_kind, COMPOSE, _CARDS, _CARDS.replace("        read_only: true\n", "")),
    (compose.mounts_of_another_kind, COMPOSE, "          selinux: z\n", "          propagation: rprivate\n"),
    (
        compose.mounts_of_another_kind,
        COMPOSE,
        "type: volume\n        source: data",
        "type: bind\n        source: ./data",
    ),
    (
        compose.mounts_of_another_kind,
        POSTGRESQL,
        "type: volume\n        source: data",
        "type: bind\n        source: ./data",
    ),
    (compose.passwords_in_the_open, POSTGRESQL, "POSTGRES_PASSWORD_FILE: /run/secrets/", "POSTGRES_PASSWORD: /run/"),
    (compose.passwords_in_the_open, POSTGRESQL, "//oboegaki@db", "//oboegaki:river@db"),
    (dockerfiles.images_without_a_dockerfile, COMPOSE, "build:\n      context: .\n", "image: oboegaki:latest\n"),
    (dockerfiles.images_without_a_dockerfile, POSTGRESQL, "image: postgres:17", "image: example/postgres:17"),
    (dockerfiles.images_without_a_dockerfile, "Makefile", "docker container stats", "docker container commit"),
    (dockerfiles.source_before_packages, "Dockerfile", _LOCKED, _LOCKED + "COPY app app\n"),
    (dockerfiles.source_before_packages, "Dockerfile", "--require-hashes -r", "-r"),
    (compose.let_in_too_much, ".dockerignore", "!LICENSE", "!LICENSE\n!.env"),
    (compose.let_in_too_much, ".dockerignore", "\n*\n", "\n"),
    (compose.let_in_too_much, "nginx/.dockerignore", "!tls.conf\n", ""),
    (dockerfiles.compilers_in_the_last_stage, "Dockerfile", "AS builder", "AS assembled"),
    (dockerfiles.compilers_in_the_last_stage, "Dockerfile", "recommends libexpat1", "recommends libexpat1 gcc"),
    (dockerfiles.compilers_in_the_last_stage, "Dockerfile", "COPY --from=builder", "COPY --from=compiler"),
    (dockerfiles.uncleaned, "Dockerfile", _CLEANED, "libexpat1"),
    (dockerfiles.uncleaned, "Dockerfile", "PIP_NO_CACHE_DIR=1 ", ""),
    (dockerfiles.heavy_base, "Dockerfile", "ARG BASE=python:3.13-slim-trixie", "ARG BASE=python:3.13-alpine"),
    (dockerfiles.heavy_base, "Dockerfile", "Debian and not Alpine", "Debian"),
    (dockerfiles.heavy_base, "Dockerfile", "FROM ${BASE} AS compiler", "FROM python:3.13 AS compiler"),
    (dockerfiles.misused_instructions, "Dockerfile", "USER 10001:10001", "USER oboegaki"),
    (dockerfiles.misused_instructions, "Dockerfile", "USER 10001:10001", "USER 0:0"),
    (dockerfiles.misused_instructions, "nginx/Dockerfile", "USER 101:101\n", ""),
    (dockerfiles.misused_instructions, "Dockerfile", 'ENTRYPOINT ["oboegaki"]', "ENTRYPOINT oboegaki"),
    (dockerfiles.misused_instructions, "Dockerfile", "RUN python -m venv", "RUN cd /opt && python -m venv"),
    (dockerfiles.misused_instructions, "nginx/Dockerfile", "EXPOSE 8080", "EXPOSE 80"),
    (dockerfiles.misused_instructions, "Dockerfile", "org.opencontainers.image.title", "title"),
    (dockerfiles.misused_instructions, "pyproject.toml", '\nversion = "', '\nversion = "9.'),
    (dockerfiles.other_protocols, "nginx/app.conf", "uwsgi_pass $app;", "proxy_pass http://$app;"),
    (dockerfiles.other_protocols, "nginx/app.conf", "include /etc/nginx/uwsgi_params;", ""),
    (dockerfiles.other_protocols, "Dockerfile", _CMD, '["serve", "--http", "0.0.0.0:3031"]'),
    (dockerfiles.other_protocols, "Dockerfile", _CMD, _LOCALHOST),
    (compose.unsaid_about_firewalls, "README.md", "no access control", "an access control"),
    (compose.unsaid_about_firewalls, "README.md", "DOCKER-USER", "INPUT"),
    (compose.missing_in_make, "Makefile", "\nstats: ## ", "\nusage: ## "),
    (compose.missing_in_make, "Makefile", "@docker compose exec app bash", "@docker compose exec nginx bash"),
]


@pytest.mark.parametrize(
    ("find", "file", "was", "now"), BROKEN, ids=[f"{find.__name__}-{n}" for n, (find, *_) in enumerate(BROKEN)]
)
def test_an_edit_that_breaks_a_rule_is_found(find: Find, file: str, was: str, now: str) -> None:
    """Each rule's own test would be red with this file."""
    assert was in TEXTS[file], f"{file} does not say {was!r} any more; mend this list"
    broken = {**TEXTS, file: TEXTS[file].replace(was, now)}
    assert find(with_postgresql(broken) if file == POSTGRESQL else broken) != []
