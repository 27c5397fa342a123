#include "builtin.h"

static bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

static size_t name_length(const char *at)
{
    size_t length = 0;
    while (is_name(at[length])) length++;
    return length;
}

/* Whether a line of the text reads `TYPE NAME(...`. */
static bool defines(const char *text, const char *function, size_t length)
{
    for (const char *line = text; line && *line;) {
        const char *at = line + name_length(line);
        if (at > line && *at == ' ' && strncmp(at + 1, function, length) == 0 && at[1 + length] == '(') return true;
        line = strchr(line, '\n');
        if (line) line++;
    }
    return false;
}

static bool lists(const char *list, const char *word, size_t length)
{
    for (const char *at = list; at && (at = strstr(at, word)) != NULL; at++)
        if ((at == list || at[-1] == ' ') && strncmp(at, word, length) == 0 && (at[length] == ' ' || at[length] == '\0')) return true;
    return false;
}

bool sbr_list_uses(const char *text, const sbr_embedded_text *library, uint32_t count, sbr_text *list)
{
    bool all = true;
    for (const char *at = text; (at = strstr(at, "s_")) != NULL; at++) {
        const size_t length = name_length(at);
        if ((at > text && is_name(at[-1])) || at[length] != '(') continue;
        uint32_t file = 0;
        while (file < count && (strncmp(library[file].name, "math/", 5) != 0 || !defines(library[file].data, at, length))) file++;
        if (file == count) {
            all = false;
            continue;
        }
        const char *stem = library[file].name + 5;
        const size_t stem_length = name_length(stem);
        char word[SBR_NAME] = {0};
        if (stem_length >= sizeof word) continue;
        memcpy(word, stem, stem_length);
        if (!strcmp(word, "core") || !strcmp(word, "storage") || lists(list->data, word, stem_length)) continue;
        sbr_text_printf(list, "%s%s", list->length ? " " : "", word);
    }
    return all;
}
