"""From declared entries to the steps of a plan, with a site for each expression."""
