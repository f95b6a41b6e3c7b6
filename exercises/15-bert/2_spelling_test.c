// Each spelling, and names that must be left alone.
#include "2_spelling.h"

#include "common/testing.h"

static void expect(const char *theirs, const char *want)
{
    char got[120];
    our_name(theirs, got, sizeof got);
    if (strcmp(got, want) != 0)
        fail_msg("%s: expected \"%s\", got \"%s\"", theirs, want, got);
}

static void a_prefix_is_put_in_front(void **state)
{
    (void)state;
    expect("embeddings.word_embeddings.weight",
           "bert.embeddings.word_embeddings.weight");
    expect("encoder.layer.11.attention.self.query.bias",
           "bert.encoder.layer.11.attention.self.query.bias");
    expect("pooler.dense.weight", "bert.pooler.dense.weight");
}

static void norms_have_weight_and_bias(void **state)
{
    (void)state;
    expect("bert.embeddings.LayerNorm.gamma",
           "bert.embeddings.LayerNorm.weight");
    expect("bert.encoder.layer.0.output.LayerNorm.beta",
           "bert.encoder.layer.0.output.LayerNorm.bias");
    expect("cls.predictions.transform.LayerNorm.gamma",
           "cls.predictions.transform.LayerNorm.weight");
}

static void both_at_once(void **state)
{
    (void)state;
    expect("encoder.layer.3.attention.output.LayerNorm.gamma",
           "bert.encoder.layer.3.attention.output.LayerNorm.weight");
    expect("embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias");
}

static void what_is_right_stays(void **state)
{
    (void)state;
    expect("bert.encoder.layer.2.output.LayerNorm.weight",
           "bert.encoder.layer.2.output.LayerNorm.weight");
    expect("bert.pooler.dense.bias", "bert.pooler.dense.bias");
    expect("cls.predictions.bias", "cls.predictions.bias");
    expect("classifier.weight", "classifier.weight");
}

static void only_an_ending_counts(void **state)
{
    (void)state;
    expect("cls.gamma.weight", "cls.gamma.weight");
    expect("cls.LayerNorm.gamma.bias", "cls.LayerNorm.gamma.bias");
    expect("classifier.beta", "classifier.beta");
    expect("classifier.gamma", "classifier.gamma");
    expect("cls.BatchNorm.gamma", "cls.BatchNorm.gamma");
    expect("cls.BatchNorm.beta", "cls.BatchNorm.beta");
    expect("", "");
    expect("a", "a");
}

static void only_a_beginning_counts(void **state)
{
    (void)state;
    expect("encoders.weight", "encoders.weight");
    expect("embeddings_project.weight", "embeddings_project.weight");
    expect("pooler", "pooler");
    expect("cls.encoder.weight", "cls.encoder.weight");
    expect("classifier.pooler.LayerNorm.beta",
           "classifier.pooler.LayerNorm.bias");
}

// What does not fit is cut off, and nothing is written behind the room.
static void no_more_than_there_is_room_for(void **state)
{
    (void)state;
    char room[40];
    for (size_t size = 1; size <= 33; size++) {
        memset(room, '!', sizeof room);
        our_name("bert.embeddings.LayerNorm.gamma", room, size);
        if (!memchr(room, 0, size))
            fail_msg("room for %zu bytes: the name does not end", size);
        for (size_t i = size; i < sizeof room; i++)
            if (room[i] != '!')
                fail_msg("room for %zu bytes, but byte %zu was written", size,
                         i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prefix_is_put_in_front),
        cmocka_unit_test(norms_have_weight_and_bias),
        cmocka_unit_test(both_at_once),
        cmocka_unit_test(what_is_right_stays),
        cmocka_unit_test(only_an_ending_counts),
        cmocka_unit_test(only_a_beginning_counts),
        cmocka_unit_test(no_more_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
