// The entry point that every test executable shares: Boost.Test's own main, linked once.
#define BOOST_TEST_MODULE wengert
#include <boost/test/unit_test.hpp>
